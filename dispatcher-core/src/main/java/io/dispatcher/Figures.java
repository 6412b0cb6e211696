package io.dispatcher;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a monitoring system wants beyond {@link Stats}: whole distributions, and counters of rarer
 * things. Immutable.
 *
 * @param assigned tasks of this front that workers have, by the counts that balancers go by
 * @param drift by how much these counts differ from the attempts that are open, over all workers; 0
 *     unless there is a fault in the dispatcher
 * @param repeated submits whose idempotency key named a task that was there already
 * @param adopted blocks that this front took over from one that was gone
 * @param checkpoints recorded by attempts on this node
 * @param checkpointBytes of these
 * @param leaked attempts that ignore that they were stopped and whose slots were given on: their
 *     threads, or their stages, have not come back
 * @param orphaned blocks of the ledger with unfinished tasks and no live owner, as far as this node
 *     holds their first copies: others are about to adopt them; at most 256 are counted
 * @param orphanedSeconds since when the oldest of these has been without an owner; 0 if there is
 *     none
 * @param choices how often a worker was chosen; one choice may hold for several tasks
 * @param ejections how often this front stopped to send tasks of a type to a worker on which they
 *     fail while they succeed elsewhere
 * @param panics how often so few workers of a type were left that those ejected got tasks as well
 * @param balancerFaults how often a balancer that is not built in threw, or chose nobody who could
 *     take the task though there was one
 * @param lettersDropped tasks that failed here and are no dead letters, because more became some at
 *     once than there is room for
 * @param lettersEvicted dead letters of this front that went before their 7 days, the oldest first,
 *     to make room
 * @param ejected these types now, by the worker's name
 * @param admission from submit to accepted
 * @param queueing from accepted to handed to a worker
 * @param running of one attempt
 * @param total from submit to outcome
 * @param restart from the loss of a worker to the next hand-out of what it held
 */
public record Figures(
    long assigned,
    long drift,
    long repeated,
    long adopted,
    long checkpoints,
    long checkpointBytes,
    long leaked,
    int orphaned,
    double orphanedSeconds,
    Map<Choice, Long> choices,
    long ejections,
    long panics,
    long balancerFaults,
    long lettersDropped,
    long lettersEvicted,
    Map<String, List<String>> ejected,
    Distribution admission,
    Distribution queueing,
    Distribution running,
    Distribution total,
    Distribution restart) {

  /**
   * Who chose whom.
   *
   * @param balancer name of the rule
   * @param node the worker
   */
  public record Choice(String balancer, String node) {}

  /** How many durations there were of which length. */
  public static final class Distribution {
    private final long[] counts;

    Distribution(long[] counts) {
      this.counts = counts;
    }

    /** Upper bounds in seconds, growing by the factor 2; what is longer lies beyond the last. */
    public static List<Double> bounds() {
      return Histogram.BOUNDS;
    }

    /** How many lie within each bound and not within the one before; at last those beyond. */
    public List<Long> counts() {
      return Histogram.within(counts);
    }

    /** Their sum in seconds, right within 12 %: each counts as the middle of its fine bucket. */
    public double sum() {
      return Histogram.sum(counts);
    }

    @Override
    public String toString() {
      return "Distribution[" + Arrays.stream(counts).sum() + "]";
    }
  }
}
