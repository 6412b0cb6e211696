package io.dispatcher.balance;

import org.jspecify.annotations.Nullable;

/**
 * {@code round-robin}: the next candidate in the order of names. The first choice is random, so
 * that fronts do not walk in step. Weights matter only in that 0 means no tasks.
 *
 * <p>O(1) while most workers are candidates, else O(n). Instead of a counter that is reduced modulo
 * n, it remembers its place. So nothing can overflow, the successor of a closed worker does not get
 * its turns on top of its own, and after a change of membership it goes on after the name it took
 * last.
 *
 * <p>Evens out the number of tasks, not the work. For tasks of similar length on equal machines.
 */
final class RoundRobin implements Balancer {

  static final String NAME = "round-robin";

  private @Nullable String last;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return "the next worker in the order of names";
  }

  @Override
  public Picker picker(Workers workers) {
    return new Turns(workers);
  }

  private final class Turns extends CandidatePicker {

    /** Whose turn it is, or -1 while there has been no choice. */
    private int turn;

    Turns(Workers workers) {
      super(workers);
      turn = last == null ? -1 : after(last);
    }

    private int after(String name) {
      for (int i = 0; i < weights.length; i++) {
        if (workers.name(i).compareTo(name) > 0) {
          return i;
        }
      }
      return 0;
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      if (turn < 0) {
        int first = first(0, pick, exclude);
        if (first < 0 || first(first + 1, pick, exclude) < 0) {
          return first;
        }
        turn = Math.floorMod(pick.random().nextLong(), weights.length);
      }
      int chosen = first(turn, pick, exclude);
      if (chosen < 0) {
        chosen = first(0, pick, exclude);
      }
      if (chosen >= 0) {
        turn = chosen + 1 < weights.length ? chosen + 1 : 0;
        last = workers.name(chosen);
      }
      return chosen;
    }
  }
}
