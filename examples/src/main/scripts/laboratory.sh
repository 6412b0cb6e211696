#!/bin/bash
# The balancers in simulated time: a table, and charts in examples/target/laboratory.
# usage: laboratory.sh [WORDS], where only what has one of these words in its name is run, without
# charts. JAVA_OPTS=-Dtasks=20000 makes shorter runs. Ends with 1 if a figure is not what it has to
# be.
cd "$(dirname "$0")/../../../.." || exit 1
mvn -o -q -pl dispatcher-core,examples test-compile dependency:build-classpath \
  -Dmdep.includeScope=runtime -Dmdep.outputFile=target/main.classpath || exit 1
cd examples || exit 1
# shellcheck disable=SC2086
exec java $JAVA_OPTS -cp "target/classes:$(cat target/main.classpath)" \
  io.dispatcher.examples.lab.Laboratory "$@"
