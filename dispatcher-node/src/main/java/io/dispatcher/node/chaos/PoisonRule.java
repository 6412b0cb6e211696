package io.dispatcher.node.chaos;

import io.dispatcher.ledger.TaskEntry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is promised of tasks that nodes die of: three deaths without a newer checkpoint between set
 * a task aside, and fewer do not. Which deaths were counted the history does not say. So a task is
 * set aside too early only if there cannot have been three, whatever was going on, and too late
 * only if there must have been: kills in an attempt that was under way and that nothing else can
 * have ended.
 *
 * @param violated gets a promise that was broken, and how
 */
record PoisonRule(Timeline timeline, BiConsumer<String, String> violated) {
  private static final int MOST_DEATHS = 3;

  /** How the outcome of such a task begins. */
  private static final String SET_ASIDE = "failed " + TaskEntry.POISON + ": ";

  /** Whether it was set aside, and may have been. */
  boolean isSetAside(Seen seen) {
    String outcome = seen.outcome;
    return outcome != null && outcome.startsWith(SET_ASIDE) && mostDeaths(seen) >= MOST_DEATHS;
  }

  /**
   * Attempts that a death may have ended since the newest checkpoint. One that nobody has seen
   * start counts too: it may have been with anybody.
   */
  private int mostDeaths(Seen seen) {
    long ended = Math.min(Math.min(seen.outcomeAt, seen.settledAt), seen.toldEndedAt());
    boolean anew = timeline.beyondBackupsBetween(seen.acceptedAt, ended);
    // An owner that puts a task back from memory need not have heard of its checkpoints.
    int first = anew ? 1 : seen.saves().stream().mapToInt(Seen.Save::attempt).max().orElse(1);
    int deaths = 0;
    for (int attempt = first; attempt <= Math.max(seen.won, seen.newestStart()); attempt++) {
      deaths += mayHaveDied(seen, attempt, ended) ? 1 : 0;
    }
    return deaths;
  }

  private boolean mayHaveDied(Seen seen, int attempt, long ended) {
    long from = seen.acceptedAt;
    long to = ended;
    String node = null;
    for (Seen.Start start : seen.starts) {
      if (start.attempt() <= attempt) {
        from = start.micros();
        node = start.attempt() == attempt ? start.node() : null;
      } else {
        to = Math.min(to, start.micros());
      }
    }
    return timeline.mayHaveTaken(node, from, to);
  }

  void judge(Seen seen) {
    List<Seen.Start> starts = seen.starts;
    if (starts.size() <= MOST_DEATHS || seen.cancelAsked) {
      return;
    }
    long last = starts.get(starts.size() - 1).micros();
    if (timeline.beyondBackupsBetween(seen.acceptedAt, last)) {
      return;
    }
    // By the step that the next attempt found: of one that got further it begins anew.
    Map<Integer, Integer> deaths = new HashMap<>();
    for (int i = 0; i + 1 < starts.size(); i++) {
      Integer found = found(seen, starts.get(i + 1).attempt());
      if (found != null
          && died(seen, starts.get(i), starts.get(i + 1))
          && deaths.merge(found, 1, Integer::sum) == MOST_DEATHS) {
        violated.accept(
            "not-set-aside",
            "attempt "
                + starts.get(i + 1).attempt()
                + " was started after "
                + MOST_DEATHS
                + " nodes had died; "
                + seen.story());
      }
    }
  }

  /** Whether its node was killed while it ran, and nothing else can have ended it before. */
  private boolean died(Seen seen, Seen.Start start, Seen.Start next) {
    long killed = timeline.killed(start.node(), start.micros(), next.micros());
    long raised = seen.raisedAt(start.attempt() + 1);
    return killed >= 0
        && !seen.failed(start.attempt())
        && next.attempt() > start.attempt()
        && (raised == 0 || raised >= killed)
        // Who cannot hear that a node has died takes its lease for lapsed, which counts apart.
        && timeline.uncut(start.micros(), next.micros());
  }

  /** The step from which an attempt went on; null if nobody knows. */
  private static @Nullable Integer found(Seen seen, int attempt) {
    if (seen.saves().isEmpty() && seen.resumes().isEmpty()) {
      return 0;
    }
    return seen.resumes().stream()
        .filter(resume -> resume.attempt() == attempt)
        .map(Seen.Resume::step)
        .findFirst()
        .orElse(null);
  }
}
