#!/bin/bash
# Where the processor time of bench goes: by thread, and how much of each is the kernel's.
# Linux with perf, a JDK on the path; root, or kernel.perf_event_paranoid below 1.
# usage: profile.sh JAR [SECONDS MEASURED [SECONDS AFTER THE START]]
[ -f "$1" ] || { echo "usage: profile.sh JAR [SECONDS [SECONDS AFTER THE START]]" >&2; exit 2; }
jar=$(readlink -f "$1")
seconds=${2:-20}
warm=${3:-90}
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
java -jar "$jar" bench --tasks 400000 --rounds 100 > bench.log 2>&1 &
parent=$!
sleep "$warm"
grep -q "^round 1 " bench.log || { echo "not warm after $warm s:" >&2; cat bench.log >&2; exit 1; }
nodes=$(pgrep -P "$parent" | paste -sd,)
perf record -q -e cpu-clock -F 997 -p "$nodes" -o perf.data -- sleep "$seconds" 2> perf.log \
  || { cat perf.log >&2; exit 1; }
for p in ${nodes//,/ }; do
  jstack "$p" | sed -n 's/^"\([^"]*\)".* nid=0x\([0-9a-f]*\) .*/\2 \1/p' | while read -r nid name; do
    echo "$((16#$nid)) $(echo "$name" \
      | sed 's/^hz\..*\.\([^.]*\.[^.]*\)$/hz.\1/; s/[-#]*[0-9]*$//' | tr ' ' '_')"
  done
done > names
perf script -i perf.data -F tid,ip,sym,dso 2> perf.log > samples
awk '
  FILENAME == "names" { name[$1] = $2; next }
  {
    n = name[$1] == "" ? "collector_compiler_and_others" : name[$1]
    all++; total[n]++
    if ($0 ~ /\[kernel/) { kernel[n]++; kernels++ }
  }
  END {
    printf "%d samples, %.0f %% of them in the kernel\n", all, 100 * kernels / all
    for (n in total) if (total[n] / all >= 0.005)
      printf "  %5.1f %%  (kernel %4.1f %%)  %s\n", 100 * total[n] / all, 100 * kernel[n] / all, n | "sort -rn"
  }' names samples
tail -n 1 bench.log
