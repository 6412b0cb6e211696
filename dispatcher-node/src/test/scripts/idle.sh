#!/bin/bash
# CPU time of three idle nodes, in all and by thread. Linux, JDK on the path.
# usage: idle.sh JAR SECONDS [SECONDS AFTER THE START]
jar=$(readlink -f "$1")
seconds=${2:-40}
warm=${3:-130}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
java -jar "$jar" node --dev 3 > dev.log 2>&1 &
parent=$!
trap 'kill $parent; wait $parent; rm -rf "$work"' EXIT
sleep "$warm"
nodes=$(pgrep -P $parent)
[ -n "$nodes" ] || { cat dev.log; exit 1; }
for p in $nodes; do jstack "$p" > "stack.$p"; done
sleep 1

snapshot() {
  for p in $nodes; do
    for t in /proc/$p/task/*; do
      id=$(basename "$t")
      name=$(grep -m1 -i "nid=0x$(printf %x "$id") " "stack.$p" | sed 's/^"\([^"]*\)".*/\1/; s/^hz\.[^.]*/hz/' | tr ' ' '_')
      [ -n "$name" ] || name=$(tr ' ' '_' < "$t/comm")
      ticks=$(sed 's/.*) //' "$t/stat" | awk '{ print $12 + $13 }')
      echo "$p $id $name $ticks"
    done
  done
}

snapshot > before
sleep "$seconds"
snapshot > after
awk -v s="$seconds" -v hz="$(getconf CLK_TCK)" '
  NR == FNR { old[$1, $2] = $4; next }
  { d = ($4 - old[$1, $2]) * 100 / hz / s; node[$1] += d; thread[$3] += d; nodes[$1] = 1 }
  END {
    for (p in node) { printf "node %s: %.2f %% of a core\n", p, node[p]; n++ }
    for (t in thread) if (thread[t] / n >= 0.01) printf "  %.2f %% %s\n", thread[t] / n, t | "sort -rn"
  }' before after
