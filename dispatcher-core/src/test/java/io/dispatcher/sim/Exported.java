package io.dispatcher.sim;

import io.dispatcher.ledger.TaskRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What was known when an export of the ledger began: what happens meanwhile may be missing in it.
 */
final class Exported {

  private final Replicas replicas;
  private final Answers answers;
  private final Collection<Story> stories;
  private final Map<String, Story> before = new HashMap<>();
  private Map<TaskRef, String> outcomes = Map.of();
  private boolean atRest;

  Exported(Replicas replicas, Answers answers, Collection<Story> stories) {
    this.replicas = replicas;
    this.answers = answers;
    this.stories = stories;
  }

  /**
   * @param still nothing runs any more
   */
  void begins(boolean still) {
    atRest = still;
    stories.forEach(story -> before.put(story.label, story.copy()));
    outcomes = replicas.outcomes();
    answers.exports();
  }

  /** That is all that another cluster needs to know. */
  void goesOn(SimWorld next) {
    for (Story story : stories) {
      story.backTo(before.getOrDefault(story.label, new Story(story.label)));
      // A death may not have been recorded yet: its owner may be gone as well, without an heir.
      story.kills = atRest ? Math.max(0, story.kills - 1) : 0;
      // What was shown since then was fetched perhaps, and forgotten before its page.
      story.accepted &= story.shown != null || !replicas.forgotten(story.task);
    }
    replicas.goesOn(next, outcomes);
    answers.goesOn();
  }
}
