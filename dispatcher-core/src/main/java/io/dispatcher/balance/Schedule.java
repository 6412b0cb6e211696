package io.dispatcher.balance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The order in which workers take turns: each as often as its weight says, its turns spread evenly.
 *
 * <p>Up to 128 workers it is nginx's smooth weighted round robin; above, Tijdeman's chairman
 * assignment, which is at least as even and takes less time to make: after any number of turns no
 * worker is more than about one away from its share. (Plain earliest deadline first would give a
 * heavy worker all its turns before many light ones have any.)
 */
final class Schedule {

  /** Longer ones are not needed to tell weights apart. */
  static final int LONGEST = 4096;

  private static final int SMOOTH_LIMIT = 128;

  /** Weights are kept exactly if so many times each of them is whole. */
  private static final int FINEST = 1000;

  private Schedule() {}

  /** The indexes of the workers, in order; empty if no weight is above 0. */
  static int[] of(double[] weights) {
    int[] turns = turns(weights);
    return weights.length <= SMOOTH_LIMIT ? smooth(turns) : chairs(turns);
  }

  /**
   * Turns in one round, in proportion to the weights: exactly if that takes no more than {@link
   * #LONGEST} in all, else rounded, with at least one for every weight above 0.
   */
  static int[] turns(double[] weights) {
    for (int scale = 1; scale <= FINEST; scale++) {
      long[] exact = exact(weights, scale);
      if (exact != null) {
        reduce(exact);
        if (Arrays.stream(exact).sum() <= LONGEST) {
          return Arrays.stream(exact).mapToInt(Math::toIntExact).toArray();
        }
        break;
      }
    }
    return rounded(weights);
  }

  private static long @Nullable [] exact(double[] weights, int scale) {
    long[] whole = new long[weights.length];
    for (int i = 0; i < whole.length; i++) {
      double scaled = Math.max(0, weights[i]) * scale;
      if (!(scaled < 1e12) || Math.abs(scaled - Math.rint(scaled)) > 1e-9) {
        return null;
      }
      whole[i] = Math.round(scaled);
      if (whole[i] == 0 && weights[i] > 0) {
        return null;
      }
    }
    return whole;
  }

  private static void reduce(long[] whole) {
    long divisor = 0;
    for (long each : whole) {
      divisor = gcd(divisor, each);
    }
    for (int i = 0; divisor > 1 && i < whole.length; i++) {
      whole[i] /= divisor;
    }
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** Largest remainders first. */
  private static int[] rounded(double[] weights) {
    int length = Math.max(LONGEST, 4 * weights.length);
    double heaviest = Arrays.stream(weights).max().orElse(0);
    double total = Arrays.stream(weights).map(w -> Math.max(0, w) / heaviest).sum();
    long[] turns = new long[weights.length];
    double[] remainders = new double[weights.length];
    long left = length;
    for (int i = 0; i < turns.length; i++) {
      if (weights[i] > 0) {
        double share = weights[i] / heaviest / total * length;
        turns[i] = Math.max(1, (long) share);
        remainders[i] = share - turns[i];
        left -= turns[i];
      }
    }
    int[] byRemainder =
        IntStream.range(0, turns.length)
            .filter(i -> weights[i] > 0)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -remainders[i]))
            .mapToInt(i -> i)
            .toArray();
    for (int k = 0; k < byRemainder.length && left > 0; k++, left--) {
      turns[byRemainder[k]]++;
    }
    while (left < 0) {
      // Those that were lifted to one turn took more than is left: the heaviest give way.
      int most = 0;
      for (int i = 1; i < turns.length; i++) {
        most = turns[i] > turns[most] ? i : most;
      }
      turns[most]--;
      left++;
    }
    reduce(turns);
    return Arrays.stream(turns).mapToInt(Math::toIntExact).toArray();
  }

  static int[] smooth(int[] turns) {
    SmoothTurns smooth = new SmoothTurns(turns);
    int[] order = new int[Arrays.stream(turns).sum()];
    Arrays.setAll(order, k -> smooth.next());
    return order;
  }

  /**
   * Each turn of a worker has a time from which on it may come, and one by which it has to; of
   * those that may come, the one that has to come first is next, and the lower index among equals.
   * Nobody is ever as much as one turn away from its share.
   *
   * @see <a href="https://doi.org/10.1016/0012-365X(80)90269-1">Tijdeman: The chairman assignment
   *     problem, 1980</a>
   */
  static int[] chairs(int[] turns) {
    int[] order = new int[Arrays.stream(turns).sum()];
    Worker[] workers =
        IntStream.range(0, turns.length)
            .filter(i -> turns[i] > 0)
            .mapToObj(i -> new Worker(i, turns[i]))
            .toArray(Worker[]::new);
    // In units of 1 / (2n - 2) of a turn.
    long unit = Math.max(1, 2L * workers.length - 2);
    PriorityQueue<Worker> early =
        new PriorityQueue<>(Comparator.comparingLong((Worker worker) -> worker.from));
    PriorityQueue<Worker> due =
        new PriorityQueue<>(
            Comparator.comparingDouble((Worker worker) -> worker.until)
                .thenComparingInt(worker -> worker.index));
    for (Worker worker : workers) {
      worker.plan(unit, order.length);
      early.add(worker);
    }
    for (int k = 0; k < order.length; k++) {
      while (!early.isEmpty() && early.element().from <= k + 1) {
        due.add(early.remove());
      }
      Worker next = due.remove();
      order[k] = next.index;
      next.taken++;
      next.plan(unit, order.length);
      early.add(next);
    }
    return order;
  }

  private static final class Worker {
    final int index;
    final int turns;
    int taken;
    long from;
    double until;

    Worker(int index, int turns) {
      this.index = index;
      this.turns = turns;
    }

    void plan(long unit, long total) {
      from = -Math.floorDiv(-(taken * unit + 1) * total, turns * unit);
      until = ((taken + 1) * unit - 1) / (double) turns;
    }
  }

  /**
   * One turn after the other: everyone gains its weight, the highest is chosen and pays the total.
   *
   * @see <a href="https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1">
   *     nginx: Upstream: smooth weighted round-robin balancing, 2012</a>
   */
  static final class SmoothTurns {

    private final int[] weights;
    private final int total;
    final int[] current;

    SmoothTurns(int[] weights) {
      this.weights = weights;
      this.total = Arrays.stream(weights).sum();
      this.current = new int[weights.length];
    }

    int next() {
      int best = -1;
      for (int i = 0; i < weights.length; i++) {
        if (weights[i] > 0) {
          current[i] += weights[i];
          if (best < 0 || current[i] > current[best]) {
            best = i;
          }
        }
      }
      current[best] -= total;
      return best;
    }
  }
}
