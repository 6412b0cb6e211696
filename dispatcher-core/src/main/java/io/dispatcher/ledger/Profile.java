package io.dispatcher.ledger;

import io.dispatcher.task.Backoff;
import java.util.List;

/**
 * What the tasks of one type with the same options share; one instance serves a whole block.
 *
 * @param type the name of the task type
 * @param retries how often the task runs again after its own code failed
 * @param backoff the wait before such a retry
 * @param timeLimitMillis bound of one attempt
 * @param deadlineMillis bound from acceptance to outcome; 0 = none
 * @param notBefore wall-clock milliseconds before which no attempt starts; 0 = at once
 * @param priority 1 (first) to 9
 * @param retentionMillis how long the outcome stays
 * @param requires labels that a worker must have, in their order; mostly none
 * @param explain whether its owner remembers why it went where it did
 */
public record Profile(
    String type,
    int retries,
    Backoff backoff,
    long timeLimitMillis,
    long deadlineMillis,
    long notBefore,
    int priority,
    long retentionMillis,
    List<String> requires,
    boolean explain) {

  public Profile {
    requires = List.copyOf(requires);
  }

  /** Of tasks that any worker may run. */
  public Profile(
      String type,
      int retries,
      Backoff backoff,
      long timeLimitMillis,
      long deadlineMillis,
      long notBefore,
      int priority,
      long retentionMillis) {
    this(
        type,
        retries,
        backoff,
        timeLimitMillis,
        deadlineMillis,
        notBefore,
        priority,
        retentionMillis,
        List.of(),
        false);
  }
}
