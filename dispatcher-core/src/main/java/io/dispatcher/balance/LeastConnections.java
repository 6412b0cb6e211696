package io.dispatcher.balance;

/**
 * {@code least-connections}: spreads submitters, not tasks. A task goes where its submitter has a
 * session already, to the one with the smallest (load + 1) / weight if there are several. If none
 * of those is a candidate, a session opens on the candidate with the smallest (sessions + 1) /
 * weight; if that ties, with the smallest (load + 1) / weight; if that ties too, at random.
 *
 * <p>O(n), with a session that has room O(sessions of the submitter). For handlers that keep
 * something for each client, such as a cache or a connection of their own, and for clients of which
 * none is much busier than the others.
 */
final class LeastConnections implements Balancer {

  static final String NAME = "least-connections";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String rule() {
    return "the worker with the submitter's session, else the lowest (sessions + 1) / weight";
  }

  @Override
  public boolean asksForSessions() {
    return true;
  }

  @Override
  public Picker picker(Workers workers) {
    return new Scan(workers);
  }

  private static final class Scan extends CandidatePicker {

    private final ByWeight groups = new ByWeight(weights);
    private final int[] ties = new int[groups.order.length];

    Scan(Workers workers) {
      super(workers);
    }

    @Override
    int choose(Pick pick, boolean exclude) {
      int bound = bound(pick, exclude);
      return bound >= 0 ? bound : fewest(pick, exclude);
    }

    /** Where the submitter is known, or -1. */
    private int bound(Pick pick, boolean exclude) {
      int chosen = -1;
      for (int k = 0; k < pick.sessions(); k++) {
        int i = pick.session(k);
        if (candidate(i, pick, exclude)
            && (chosen < 0
                || compare(workers.load(i), weights[i], workers.load(chosen), weights[chosen])
                    < 0)) {
          chosen = i;
        }
      }
      return chosen;
    }

    private int fewest(Pick pick, boolean exclude) {
      int count = 0;
      long sessions = 0;
      long load = 0;
      double weight = 0;
      for (int group = 0; group < groups.weights.length; group++) {
        int end = count;
        long fewest = Long.MAX_VALUE;
        long least = Long.MAX_VALUE;
        for (int p = groups.begin[group]; p < groups.begin[group + 1]; p++) {
          int i = groups.order[p];
          if (!workers.open(i) || (exclude && pick.excluded(i))) {
            continue;
          }
          long open = workers.sessions(i);
          if (open > fewest) {
            continue;
          }
          long tasks = workers.load(i);
          if (open < fewest || tasks < least) {
            end = count;
            fewest = open;
            least = tasks;
          }
          if (tasks == least) {
            ties[end++] = i;
          }
        }
        double w = groups.weights[group];
        int order = count == 0 ? -1 : compare(fewest, w, sessions, weight);
        if (order == 0) {
          order = compare(least, w, load, weight);
        }
        if (end > count && order <= 0) {
          if (order < 0) {
            System.arraycopy(ties, count, ties, 0, end - count);
            end -= count;
            sessions = fewest;
            load = least;
            weight = w;
          }
          count = end;
        }
      }
      if (count <= 1) {
        return count == 0 ? -1 : ties[0];
      }
      return ties[pick.random().nextInt(count)];
    }
  }
}
