package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancers;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** A ring of 2^64 places: a key belongs to the first point at its hash or after it. */
final class Ring {

  private final long[] positions;
  private final int[] owners;

  /**
   * @param points how many each has: at the hashes of its name, {@code _} and 0, 1 …
   */
  Ring(String[] names, int[] points) {
    record Point(long position, int owner) {}

    Point[] all =
        IntStream.range(0, names.length)
            .boxed()
            .flatMap(
                i ->
                    IntStream.range(0, points[i])
                        .mapToObj(k -> new Point(Balancers.hash(names[i] + "_" + k), i)))
            .sorted(Comparator.comparingLong(point -> point.position ^ Long.MIN_VALUE))
            .toArray(Point[]::new);
    // As signed numbers these are in the order of the unsigned ones.
    positions = Arrays.stream(all).mapToLong(point -> point.position ^ Long.MIN_VALUE).toArray();
    owners = Arrays.stream(all).mapToInt(Point::owner).toArray();
  }

  int owner(long hash) {
    int at = Arrays.binarySearch(positions, hash ^ Long.MIN_VALUE);
    int next = at >= 0 ? at : -at - 1;
    return owners[next == owners.length ? 0 : next];
  }

  /** The points in order. */
  long[] positions() {
    return Arrays.stream(positions).map(position -> position ^ Long.MIN_VALUE).toArray();
  }
}
