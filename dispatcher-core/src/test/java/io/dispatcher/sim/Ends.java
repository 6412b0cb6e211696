package io.dispatcher.sim;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Judges whether tasks have ended as their code has them end. */
final class Ends {

  /** How a submission is to end. */
  private record Expected(Pattern outcome, int leastStarts) {}

  private final Violations violations;
  private final Map<String, Expected> expected = new HashMap<>();

  Ends(Violations violations) {
    this.violations = violations;
  }

  /** As {@link Checker#expects}. */
  void expects(String label, Pattern outcome, int leastStarts) {
    expected.put(label, new Expected(outcome, leastStarts));
  }

  void judge(Story story, Replicas.Recorded record) {
    String outcome = record.outcome;
    Expected end = expected.get(story.label);
    if (outcome == null || end == null) {
      return;
    }
    if (!end.outcome().matcher(outcome).matches()) {
      violations.add(
          Promise.AS_ANSWERED, story, "ended as " + outcome + ", not as " + end.outcome());
    }
    boolean failed = outcome.startsWith("failed ") && !outcome.startsWith("failed set aside: ");
    int starts = story.starts.size() + story.former.size();
    if (failed && starts < end.leastStarts()) {
      violations.add(Promise.AS_ANSWERED, story, "failed after " + starts + " starts only");
    }
  }
}
