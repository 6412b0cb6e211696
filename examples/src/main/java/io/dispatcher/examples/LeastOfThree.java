package io.dispatcher.examples;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import io.dispatcher.balance.Workers;

/**
 * A balancer of one's own: of three random candidates the one with the least load per unit of
 * weight. Found by its name once {@code META-INF/services/io.dispatcher.balance.Balancer} names it.
 */
public final class LeastOfThree implements Balancer {

  @Override
  public String name() {
    return "least-of-three";
  }

  @Override
  public Picker picker(Workers workers) {
    return pick -> {
      int chosen = choose(workers, pick, true);
      // A worker that failed once is better than none.
      return chosen < 0 && pick.hasExclusions() ? choose(workers, pick, false) : chosen;
    };
  }

  private static int choose(Workers workers, Pick pick, boolean exclude) {
    int count = 0;
    int chosen = -1;
    for (int i = 0; i < workers.size(); i++) {
      if (fits(workers, i, pick, exclude)) {
        count++;
        chosen = i;
      }
    }
    if (count <= 1) {
      return chosen;
    }
    chosen = -1;
    for (int draw = 0; draw < 3; draw++) {
      int drawn = candidate(workers, pick.random().nextInt(count), pick, exclude);
      pick.drew(drawn);
      if (chosen < 0 || cost(workers, drawn) < cost(workers, chosen)) {
        chosen = drawn;
      }
    }
    return chosen;
  }

  /** The candidate with so many before it. */
  private static int candidate(Workers workers, int before, Pick pick, boolean exclude) {
    int left = before;
    for (int i = 0; ; i++) {
      if (fits(workers, i, pick, exclude) && left-- == 0) {
        return i;
      }
    }
  }

  private static boolean fits(Workers workers, int i, Pick pick, boolean exclude) {
    return workers.open(i) && workers.weight(i) > 0 && !(exclude && pick.excluded(i));
  }

  private static double cost(Workers workers, int i) {
    return (workers.load(i) + 1) / workers.weight(i);
  }
}
