#!/bin/bash
# CPU time of three idle nodes, in all and by thread. Linux, a JDK on the path.
# usage: idle.sh JAR [SECONDS MEASURED [SECONDS AFTER THE START]]
[ -f "$1" ] || { echo "usage: idle.sh JAR [SECONDS [SECONDS AFTER THE START]]" >&2; exit 2; }
jar=$(readlink -f "$1")
seconds=${2:-40}
warm=${3:-180}
work=$(mktemp -d)
parent=
finish() {
  # The parent takes its nodes with it.
  [ -n "$parent" ] && { kill "$parent"; wait "$parent"; } 2> /dev/null
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
java -jar "$jar" node --dev 3 > dev.log 2>&1 &
parent=$!
sleep "$warm"
nodes=$(pgrep -P "$parent")
[ "$(echo "$nodes" | wc -w)" = 3 ] || { echo "there are not three nodes:" >&2; cat dev.log >&2; exit 1; }

snapshot() {
  for p in $nodes; do
    for t in /proc/"$p"/task/*; do
      # The name of a thread may have spaces and brackets: what counts comes after the last one.
      [ -r "$t/stat" ] && echo "$p ${t##*/} $(sed 's/.*) //' "$t/stat" | awk '{ print $12 + $13 }')"
    done
  done
}

snapshot > before
sleep "$seconds"
snapshot > after
# Only now: to be asked for its threads is work for a node.
for p in $nodes; do
  for t in /proc/"$p"/task/*; do
    echo "$p ${t##*/} $(tr ' ' '_' < "$t/comm")"
  done
  jstack "$p" | sed -n 's/^"\([^"]*\)".* nid=0x\([0-9a-f]*\) .*/\2 \1/p' | while read -r nid name; do
    echo "$p $((16#$nid)) $(echo "$name" | sed 's/^hz\..*\.\([^.]*\.[^.]*\)$/hz.\1/' | tr ' ' '_')"
  done
done > names
awk -v s="$seconds" -v hz="$(getconf CLK_TCK)" '
  FILENAME == "names" { name[$1, $2] = $3; next }
  FILENAME == "before" { old[$1, $2] = $3; next }
  {
    d = ($3 - old[$1, $2]) * 100 / hz / s
    node[$1] += d
    n = name[$1, $2] == "" ? "ended" : name[$1, $2]
    thread[n] += d
  }
  END {
    for (p in node) { printf "node %s: %.2f %% of a core\n", p, node[p]; count++ }
    for (t in thread) if (thread[t] / count >= 0.005) printf "  %.3f %% %s\n", thread[t] / count, t | "sort -rn"
  }' names before after
