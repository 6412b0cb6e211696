package io.dispatcher.node.chaos;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What was submitted during rolling restarts: hardly any caller may notice one, and hardly any task
 * may lose what it has done. An attempt that yields at a checkpoint, for its node leaves, is
 * started a second time and has lost nothing: that is how a node leaves at once although its tasks
 * are long, so it is counted and breaks no promise. That the second one found the newest checkpoint
 * is for {@link FenceRule} to see.
 */
final class Rolling {
  /** One in so many. */
  private static final int HARDLY = 1_000;

  private final Set<Long> submits = new HashSet<>();
  private final Set<Long> callers = new HashSet<>();
  private final List<Long> begun = new ArrayList<>();
  private final List<Long> ended = new ArrayList<>();

  /** There was another fault since the last one was over. */
  private boolean otherFaultSince;

  private long errors;
  private long beganAnew;
  private long wentOn;

  /**
   * What is seen.
   *
   * @param submitted by callers, who are no nodes
   * @param errors what these were told instead of an outcome
   * @param beganAnew of all tasks that were submitted meanwhile, such as began anew elsewhere
   * @param wentOn of these, such as only went on elsewhere from a checkpoint
   */
  record Figures(long submitted, long errors, long beganAnew, long wentOn) {}

  void begins(long micros) {
    begun.add(micros);
    otherFaultSince = false;
  }

  /** Another fault; while it goes on, the leaves of its own nodes. */
  void otherFault() {
    otherFaultSince |= begun.size() == ended.size();
  }

  void ends(long micros) {
    ended.add(micros);
  }

  void submitted(Line line) {
    if (begun.size() > ended.size()) {
      submits.add(line.number());
      if (ChaosCallers.NAMES.contains(line.node())) {
        callers.add(line.number());
      }
    }
  }

  /** What a caller is told after another fault may be due to that. */
  void noOutcome(Line line) {
    errors += !otherFaultSince && callers.contains(line.number()) ? 1 : 0;
  }

  /** Looks at the starts of a task, which are in order. */
  void starts(Seen task) {
    if (!submits.contains(task.number)) {
      return;
    }
    List<Seen.Start> again =
        task.starts.stream()
            .skip(1)
            .filter(start -> !task.isRetry(start) && within(start.micros()))
            .toList();
    if (again.stream().anyMatch(start -> anew(task, start))) {
      beganAnew++;
    } else if (!again.isEmpty()) {
      wentOn++;
    }
  }

  private static boolean anew(Seen task, Seen.Start start) {
    return task.resumes().stream()
        .noneMatch(resume -> resume.attempt() == start.attempt() && resume.step() > 0);
  }

  /** What starts later is due to later faults. */
  private boolean within(long micros) {
    for (int i = 0; i < ended.size(); i++) {
      if (micros >= begun.get(i) && micros <= ended.get(i)) {
        return true;
      }
    }
    return false;
  }

  Figures figures() {
    return new Figures(callers.size(), errors, beganAnew, wentOn);
  }

  boolean noticed() {
    return errors * HARDLY > callers.size();
  }

  boolean wasteful() {
    return beganAnew * HARDLY > submits.size();
  }
}
