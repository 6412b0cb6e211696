package io.dispatcher.node.chaos;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * What is promised of attempts: each starts once, a later one makes all earlier ones void, and goes
 * on from the last checkpoint that was acknowledged.
 *
 * @param violated gets a promise that was broken, and how
 */
record FenceRule(Timeline timeline, BiConsumer<String, String> violated) {

  void judge(Seen seen) {
    attempts(seen);
    resumes(seen);
    saves(seen);
  }

  private void attempts(Seen seen) {
    Map<Integer, Long> attempts = new HashMap<>();
    for (Seen.Start start : seen.starts) {
      Long before = attempts.put(start.attempt(), start.micros());
      // A record whose copies have all died is made anew by a submitter who repeats his call.
      if (before != null && !timeline.beyondBackupsBetween(before, start.micros())) {
        violated.accept(
            "attempt-started-twice", "attempt " + start.attempt() + "; " + seen.story());
      }
    }
  }

  private void resumes(Seen seen) {
    for (Seen.Resume resume : seen.resumes()) {
      for (Seen.Save save : seen.saves()) {
        // An owner who has lost all copies of a record makes it anew, without the checkpoint.
        if (save.attempt() < resume.attempt()
            && save.step() > resume.step()
            && !timeline.beyondBackupsBetween(save.asked(), seen.startOf(resume.attempt()))) {
          violated.accept(
              "checkpoint-back",
              "attempt %d found step %d, attempt %d had saved step %d"
                  .formatted(resume.attempt(), resume.step(), save.attempt(), save.step()));
        }
      }
    }
  }

  private void saves(Seen seen) {
    for (Seen.Save save : seen.saves()) {
      for (Seen.Start start : seen.starts) {
        if (start.attempt() > save.attempt() && start.micros() < save.asked()) {
          violated.accept(
              "old-attempt-wrote",
              "attempt %d saved step %d after attempt %d had started"
                  .formatted(save.attempt(), save.step(), start.attempt()));
        }
      }
    }
  }
}
