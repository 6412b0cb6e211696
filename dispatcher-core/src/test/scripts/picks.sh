#!/bin/bash
# Nanoseconds and bytes of one pick: every balancer, 10 to 1,000 workers, 1 and 2 threads; among plain workers
# (PickBenchmark) and in the view of a front (SnapshotPickBenchmark).
# usage: picks.sh [OPTIONS OF JMH], such as -p workers=100 -p state=busy -wi 2 -i 3
cd "$(dirname "$0")/../../.." || exit 1
mvn -o -q test-compile dependency:build-classpath -Dmdep.outputFile=target/test.classpath || exit 1
for threads in 1 2; do
  java -cp "target/test-classes:target/classes:$(cat target/test.classpath)" \
    org.openjdk.jmh.Main PickBenchmark -prof gc -t "$threads" "$@" |
    grep -v 'gc.alloc.rate \|gc.count\|gc.time' | sed -n '/^Benchmark/,$p'
done
