package io.dispatcher.balance;

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

  /** Among so many of the highest draws the highest is looked for first. */
  private static final int OF_ALL = 4;

  /** The same, where some do not count. */
  private static final int OF_SOME = 8;

  /** Workers with a weight above 0: the heaviest first, those of the same weight together. */
  private final int[] order;

  /** Their places in it. */
  private final int[] placeOf;

  /** Of their names, prepared for {@link #mixed}. */
  private final long[] hashes;

  /** Where each group begins in the order, and where the last one ends. */
  private final int[] begin;

  /** Of each group. */
  private final double[] weights;

  /** For the last key, in the order. */
  private final long[] drawn;

  Rendezvous(Workers workers, double[] weights) {
    ByWeight groups = new ByWeight(weights);
    this.order = groups.order;
    this.begin = groups.begin;
    this.weights = groups.weights;
    this.hashes = IntStream.of(order).mapToLong(i -> fold(workers.nameHash(i))).toArray();
    this.drawn = new long[order.length];
    this.placeOf = new int[weights.length];
    for (int p = 0; p < order.length; p++) {
      placeOf[order[p]] = p;
    }
  }

  /** How many places there are. */
  int size() {
    return order.length;
  }

  /** How many different weights there are. */
  int groups() {
    return weights.length;
  }

  /** The weight of all workers. */
  double weight() {
    double all = 0;
    for (int group = 0; group < weights.length; group++) {
      all += (begin[group + 1] - begin[group]) * weights[group];
    }
    return all;
  }

  /** The weight of the workers of a group. */
  double weight(int group) {
    return weights[group];
  }

  /** The place of a group's first worker; that of the number of groups is behind the last one. */
  int begin(int group) {
    return begin[group];
  }

  /** Who has a place. */
  int worker(int place) {
    return order[place];
  }

  /** The place of a worker that has one. */
  int place(int worker) {
    return placeOf[worker];
  }

  /** The place of the first worker in the key's order, or -1 if there is none. */
  int first(long key) {
    draw(key);
    int chosen = -1;
    double u = 0;
    double weight = 0;
    for (int group = 0; group < weights.length; group++) {
      double w = weights[group];
      int top;
      if (chosen < 0) {
        top = highest(group, likely(group, OF_ALL));
        top = top < 0 ? highest(group, -1) : top;
      } else {
        top = highest(group, bound(w, u, weight));
      }
      if (top >= 0 && (chosen < 0 || before(u(drawn[top]), w, u, weight))) {
        chosen = top;
        u = u(drawn[top]);
        weight = w;
      }
    }
    return chosen;
  }

  /** The place of a group's highest draw, if that is above this; else -1. */
  private int highest(int group, long above) {
    long highest = above;
    int top = -1;
    for (int p = begin[group], end = begin[group + 1]; p < end; p++) {
      if (drawn[p] > highest) {
        highest = drawn[p];
        top = p;
      }
    }
    return top;
  }

  /**
   * What only so many draws of a group are above, on average: to look among those first costs less,
   * as the processor foresees what becomes of the others.
   */
  private long likely(int group, int above) {
    int all = begin[group + 1] - begin[group];
    return all <= 2 * above ? -1 : (1L << 53) - ((long) above << 53) / all;
  }

  /**
   * Makes this the key that is asked about. Apart from the choice: without branches several are
   * under way at the same time.
   */
  void draw(long key) {
    long folded = fold(key);
    for (int p = 0; p < drawn.length; p++) {
      drawn[p] = mixed(folded ^ hashes[p]);
    }
  }

  /**
   * The place of the first, in the order of the last key, whose load is below its limit; -1 if no
   * one's is.
   *
   * @param loads by place, as the limits
   */
  int firstBelow(long[] loads, long[] limits) {
    int chosen = -1;
    double u = 0;
    double weight = 0;
    for (int group = 0; group < weights.length; group++) {
      double w = weights[group];
      int top;
      if (chosen < 0) {
        top = highest(group, likely(group, OF_SOME), loads, limits);
        top = top < 0 ? highest(group, -1, loads, limits) : top;
      } else {
        top = highest(group, bound(w, u, weight), loads, limits);
      }
      if (top >= 0 && (chosen < 0 || before(u(drawn[top]), w, u, weight))) {
        chosen = top;
        u = u(drawn[top]);
        weight = w;
      }
    }
    return chosen;
  }

  /** As {@link #highest(int, long)}, of those whose load is below its limit. */
  private int highest(int group, long above, long[] loads, long[] limits) {
    long highest = above;
    int top = -1;
    for (int p = begin[group], end = begin[group + 1]; p < end; p++) {
      if (drawn[p] > highest && loads[p] < limits[p]) {
        highest = drawn[p];
        top = p;
      }
    }
    return top;
  }

  /** What of the mixing can be done with each hash alone. */
  private static long fold(long hash) {
    return hash ^ hash >>> 33;
  }

  /** The top 53 bits of XXH64's last step, of which the last xor changes the lowest few only. */
  private static long mixed(long folded) {
    long once = folded * XxHash64.P2;
    return ((once ^ once >>> 29) * XxHash64.P3) >>> 11;
  }

  private static double u(long draw) {
    return (draw + 1) * 0x1p-53;
  }

  /** No draw up to this has a higher score with weight w than u has with its weight. */
  private static long bound(double w, double u, double weight) {
    // With v = 1 - u: v <= -ln(u) <= v (2 - v) / 2u.
    double v = 1 - u;
    double farthest = v * (2 - v) / (2 * u) * (w / weight);
    // Less a little for what was rounded.
    return farthest >= 1 ? -1 : (long) ((1 - farthest) * 0x1p53) - 8;
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
