package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a task went to the worker it went to, as the front that chose saw it at that moment; or, of a
 * task that waits for a worker, why none can take it now. Only for tasks submitted with {@link
 * TaskOptions#explain}, and only as long as that front remembers them.
 *
 * @param balancer name of the rule
 * @param rule what the rule does, in a sentence
 * @param node the worker that was chosen; null if none could take the task
 * @param attempt number of the start this is about
 * @param at when it was chosen
 * @param candidates the workers that were looked at, in the order of their names; of a task with a
 *     key in that key's order of preference. At most {@value #MAX_CANDIDATES}; the chosen one is
 *     always there
 * @param omitted how many more there were
 */
public record Placement(
    String balancer,
    String rule,
    @Nullable String node,
    int attempt,
    Instant at,
    List<Candidate> candidates,
    int omitted) {

  /** The most candidates that are told. */
  public static final int MAX_CANDIDATES = 32;

  /**
   * A worker that was looked at.
   *
   * @param node its name
   * @param zone where it is; empty if not told
   * @param load tasks that it had and that had not ended, as far as that front knew, in the pool
   *     that runs this type; in all pools if it has no handler. For tasks without a key, those that
   *     failed at once count for as long as others take
   * @param slots how many it runs at the same time in that pool; in all pools if it has no handler
   * @param weight its share of the work, relative to the others
   * @param sessions submitters that had a session there; 0 unless the rule asks for them
   * @param latencyMillis how long a task was expected to take there; 0 if that was not known
   * @param drawn whether the rule drew it at random, to compare it with the others it drew; if any
   *     is, those that are not were not compared. False for everyone if the rule compares all
   * @param excluded why it could not be chosen, in words; null if it could
   */
  public record Candidate(
      String node,
      String zone,
      long load,
      int slots,
      double weight,
      long sessions,
      double latencyMillis,
      boolean drawn,
      @Nullable String excluded) {}

  /** Whether the rule compared only those that are drawn. */
  public boolean sampled() {
    return candidates.stream().anyMatch(Candidate::drawn);
  }

  /** Checks and copies. */
  public Placement {
    requireNonNull(balancer, "balancer");
    requireNonNull(rule, "rule");
    requireNonNull(at, "at");
    candidates = List.copyOf(candidates);
    if (candidates.size() > MAX_CANDIDATES) {
      throw new IllegalArgumentException(
          "there are "
              + candidates.size()
              + " candidates, but at most "
              + MAX_CANDIDATES
              + " are told");
    }
    if (omitted < 0) {
      throw new IllegalArgumentException("omitted is " + omitted + ", but must be 0 or more");
    }
  }
}
