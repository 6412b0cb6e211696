package io.dispatcher.balance;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code weighted}: candidates take turns, each as often as its weight says and its turns spread
 * evenly: with weights 5, 1 and 1 the order is a a b a c a a. The first choice is random, so that
 * fronts do not walk in step.
 *
 * <p>The order is made once for each snapshot and then walked through: O(1) while most workers are
 * candidates, else O(n log n). It remembers its place, not a count: nothing can overflow, and the
 * turns of a closed worker fall to all others in proportion, not to whoever comes next. A new
 * snapshot goes on after the same part of its own order, where everyone has had the same part of
 * its turns.
 *
 * <p>Evens out the number of tasks per unit of weight, not the work. For tasks of similar length on
 * machines whose speeds are known.
 *
 * @see <a href="https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1">
 *     nginx: Upstream: smooth weighted round-robin balancing, 2012</a>
 */
final class Weighted implements Balancer {

  static final String NAME = "weighted";

  private @Nullable Turns last;

  /** The part of the order that was over when the last picker was replaced; -1 = none chosen. */
  private double over = -1;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return "in turn, each as often as its weight says";
  }

  @Override
  public Picker picker(Workers workers) {
    if (last != null && last.next >= 0) {
      over = (double) last.next / last.order.length;
    }
    last = new Turns(workers, over);
    return last;
  }

  private static final class Turns extends CandidatePicker {

    /** After so many misses it is cheaper to ask each candidate for its next turn. */
    private static final int STEPS = 32;

    private final int[] order;

    /**
     * The places of worker i in the order: from {@code begin[i]} to before {@code begin[i + 1]}.
     */
    private final int[] places;

    private final int[] begin;

    /** The place whose turn it is, or -1 while there has been no choice. */
    private int next;

    Turns(Workers workers, double over) {
      super(workers);
      order = Schedule.of(weights);
      begin = new int[weights.length + 1];
      for (int i : order) {
        begin[i + 1]++;
      }
      for (int i = 0; i < weights.length; i++) {
        begin[i + 1] += begin[i];
      }
      places = new int[order.length];
      int[] filled = begin.clone();
      for (int k = 0; k < order.length; k++) {
        places[filled[order[k]]++] = k;
      }
      next =
          over < 0 || order.length == 0 ? -1 : (int) Math.round(over * order.length) % order.length;
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      if (next < 0) {
        int first = first(0, pick, exclude);
        if (first < 0 || first(first + 1, pick, exclude) < 0) {
          return first;
        }
        next = (int) Math.floorMod(pick.random().nextLong(), (long) order.length);
      }
      int place = next;
      for (int step = Math.min(STEPS, order.length); step > 0; step--) {
        int i = order[place];
        int after = place + 1 == order.length ? 0 : place + 1;
        if (candidate(i, pick, exclude)) {
          next = after;
          return i;
        }
        place = after;
      }
      return nearest(pick, exclude);
    }

    /** The candidate whose turn comes first from here on, or -1. */
    private int nearest(Pick pick, boolean exclude) {
      int chosen = -1;
      int least = order.length;
      for (int i = first(0, pick, exclude); i >= 0; i = first(i + 1, pick, exclude)) {
        int distance = distance(i);
        if (distance < least) {
          least = distance;
          chosen = i;
        }
      }
      if (chosen >= 0) {
        next = (next + least + 1) % order.length;
      }
      return chosen;
    }

    private int distance(int i) {
      int at = Arrays.binarySearch(places, begin[i], begin[i + 1], next);
      int found = at >= 0 ? at : -at - 1;
      return found < begin[i + 1] ? places[found] - next : places[begin[i]] - next + order.length;
    }
  }
}
