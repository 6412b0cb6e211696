package io.dispatcher.node;

import io.dispatcher.node.DemoTally.Aftermath;

/** Tells what becomes of the tasks of a killed node, as it happens. For one thread. */
final class DemoAftermath {
  private static final long QUIET_MILLIS = 1000;

  private final String node;
  private final long killedAt;
  private final DemoTally tally;
  private final DemoReport report;
  private boolean left;
  private boolean first;
  private boolean last;

  DemoAftermath(String node, long killedAt, DemoTally tally, DemoReport report) {
    this.node = node;
    this.killedAt = killedAt;
    this.tally = tally;
    this.report = report;
  }

  /** To be called often. */
  void look() {
    Aftermath now = tally.aftermath();
    if (!left && now.left() >= 0) {
      left = true;
      report.eventAt(
          killedAt + now.left(),
          "%s is out of the cluster, %,d ms after the kill",
          node,
          now.left());
    }
    if (!first && now.first() >= 0) {
      first = true;
      report.eventAt(
          killedAt + now.first(),
          "the first of its tasks runs again, %,d ms after the kill",
          now.first());
    }
    long quiet = System.currentTimeMillis() - killedAt - now.last();
    if (left && first && !last && now.open() == 0 && quiet > QUIET_MILLIS) {
      last = true;
      report.event(
          "all %,d tasks given out again have started, the last %,d ms after the kill",
          now.tasks(), now.last());
    }
  }
}
