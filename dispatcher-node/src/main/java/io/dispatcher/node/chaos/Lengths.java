package io.dispatcher.node.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * How long the faults of a class last.
 *
 * @param inTurn one after the other, and from the first again; empty: chance decides
 * @param longest that chance may choose
 */
record Lengths(List<Duration> inTurn, Duration longest) {
  private static final int SHORTEST_MILLIS = 500;

  /** Copies the list. */
  Lengths {
    inTurn = List.copyOf(inTurn);
  }

  /** The length of a fault before which there were so many others of its class. */
  Duration of(int others, Random random) {
    return inTurn.isEmpty()
        ? Duration.ofMillis(
            SHORTEST_MILLIS + random.nextInt((int) longest.toMillis() - SHORTEST_MILLIS))
        : inTurn.get(others % inTurn.size());
  }

  /**
   * How long so many of them last in all.
   *
   * @param guess of one whose length chance decides, with the return of its node
   * @param back how long the return takes
   */
  double seconds(int count, double guess, double back) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += inTurn.isEmpty() ? guess : inTurn.get(i % inTurn.size()).toMillis() / 1e3 + back;
    }
    return sum;
  }

  /** In milliseconds; 0 if chance decides. */
  String text() {
    return inTurn.isEmpty()
        ? "0"
        : inTurn.stream().map(one -> "" + one.toMillis()).collect(Collectors.joining(","));
  }
}
