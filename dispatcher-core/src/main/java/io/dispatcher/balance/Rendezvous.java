package io.dispatcher.balance;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A key's order of all workers: each pair of key and worker name has a pseudo-random u in (0, 1],
 * and the highest -weight / ln(u) comes first.
 *
 * <p>Workers of the same weight stand together: among them the highest u wins, which costs a
 * multiplication or two for each; logarithms are compared once for each different weight.
 *
 * @see <a href="https://doi.org/10.1109/90.663936">Thaler, Ravishankar: Using name-based mappings
 *     to increase hit rates, 1998</a>
 */
final class Rendezvous {

  /** Workers with a weight above 0, those of the same weight together. */
  private final int[] order;

  private final long[] hashes;

  /** Where each group begins in the order, and where the last one ends. */
  private final int[] begin;

  private final double[] weights;

  /** The top 53 bits of u for the last key, in the order. */
  private final long[] drawn;

  Rendezvous(Workers workers, double[] weights) {
    order =
        IntStream.range(0, weights.length)
            .filter(i -> weights[i] > 0)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -weights[i]))
            .mapToInt(i -> i)
            .toArray();
    int[] begins =
        IntStream.range(0, order.length)
            .filter(p -> p == 0 || weights[order[p]] != weights[order[p - 1]])
            .toArray();
    this.begin = IntStream.concat(IntStream.of(begins), IntStream.of(order.length)).toArray();
    this.weights = IntStream.of(begins).mapToDouble(p -> weights[order[p]]).toArray();
    this.hashes = IntStream.of(order).mapToLong(workers::nameHash).toArray();
    this.drawn = new long[order.length];
  }

  /** The first worker in the key's order, or -1 if there is none. */
  int first(long key) {
    int chosen = -1;
    double u = 0;
    double weight = 0;
    for (int group = 0; group < weights.length; group++) {
      int top = highest(key, begin[group], begin[group + 1]);
      double topU = u(drawn[top]);
      if (chosen < 0 || before(topU, weights[group], u, weight)) {
        chosen = top;
        u = topU;
        weight = weights[group];
      }
    }
    return chosen < 0 ? -1 : order[chosen];
  }

  private int highest(long key, int from, int to) {
    int top = from;
    long highest = -1;
    for (int p = from; p < to; p++) {
      long draw = XxHash64.mix(key ^ hashes[p]) >>> 11;
      drawn[p] = draw;
      if (draw > highest) {
        highest = draw;
        top = p;
      }
    }
    return top;
  }

  /** The first that fits, in the order of the key {@link #first} was asked for; -1 if none does. */
  int firstOf(Fit fit) {
    int chosen = -1;
    double u = 0;
    double weight = 0;
    for (int group = 0; group < weights.length; group++) {
      int top = -1;
      long highest = -1;
      for (int p = begin[group]; p < begin[group + 1]; p++) {
        if (drawn[p] > highest && fit.fits(order[p])) {
          highest = drawn[p];
          top = p;
        }
      }
      if (top >= 0) {
        double topU = u(highest);
        if (chosen < 0 || before(topU, weights[group], u, weight)) {
          chosen = top;
          u = topU;
          weight = weights[group];
        }
      }
    }
    return chosen < 0 ? -1 : order[chosen];
  }

  /** What a worker has to be for a task. */
  interface Fit {
    boolean fits(int i);
  }

  private static double u(long draw) {
    return (draw + 1) * 0x1p-53;
  }

  /** Whether -w / ln(u) is higher than that of the other. */
  private static boolean before(double u, double w, double otherU, double otherW) {
    if (w == otherW) {
      return u > otherU;
    }
    // With v = 1 - u: 2v / (2 - v) <= -ln(u) <= v (2 - v) / 2u. That decides nearly all cases.
    double v = 1 - u;
    double otherV = 1 - otherU;
    if (4 * v * otherU * otherW >= otherV * (2 - otherV) * (2 - v) * w) {
      return false;
    }
    if (v * (2 - v) * (2 - otherV) * otherW < 4 * otherV * u * w) {
      return true;
    }
    // StrictMath: all machines must get the same bits.
    return StrictMath.log(u) / w > StrictMath.log(otherU) / otherW;
  }
}
