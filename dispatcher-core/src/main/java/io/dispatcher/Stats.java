package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.task.TaskRefused;
import java.util.Map;

/**
 * What one node counted since it started, and what it holds now. Immutable.
 *
 * @param submitted tasks handed to this node's front
 * @param accepted tasks recorded
 * @param refused tasks not accepted, by reason
 * @param started attempts started by this node's worker
 * @param succeeded tasks of this front that ended so
 * @param failed tasks of this front that ended so
 * @param cancelled tasks of this front that ended so
 * @param expired tasks of this front that ended so
 * @param retried attempts raised because the task's own code failed
 * @param reissued attempts raised because a worker was lost or gave the task back
 * @param fenced writes of stale attempts that the ledger refused
 * @param lost accepted tasks that the ledger no longer knows; anything but 0 is a fault
 * @param recreated tasks that the ledger lost and this front put back from memory
 * @param ledgerLosses how often this node was told that no copy is left of parts of the ledger
 * @param rejoined how often this node left its part of the cluster to join another
 * @param thawed how often this node's worker went on after its leases had lapsed
 * @param era number of the ledger's era, which every change of the membership raises; 0 where there
 *     is none
 * @param lostMajorities how often a majority of the store nodes was not in this node's part of the
 *     cluster any more
 * @param quickRestarts how often this node, started again at once, waited until the cluster had
 *     removed its earlier incarnation
 * @param ledgerWrites calls to the ledger
 * @param ledgerRepeats of these, repeats after an answer that was not clean
 * @param unfinished accepted tasks of this front without an outcome
 * @param waiting of these, not with a worker: in line for one, delayed, backing off, or being
 *     recorded
 * @param oldestWaitingSeconds age of the oldest of those in line for a worker
 * @param retainedBytes weight of the blocks whose outcomes this front keeps
 * @param workers workers that this front sees
 * @param held attempts that this node's worker holds
 * @param admission from submit to accepted
 * @param queueing from accepted to handed to a worker
 * @param running of one attempt
 * @param total from submit to outcome
 * @param restart from the loss of a worker to the next hand-out of what it held
 * @param loops how busy the loops of this node are, by the name of their role in lower case
 */
public record Stats(
    long submitted,
    long accepted,
    Map<TaskRefused.Reason, Long> refused,
    long started,
    long succeeded,
    long failed,
    long cancelled,
    long expired,
    long retried,
    long reissued,
    long fenced,
    long lost,
    long recreated,
    long ledgerLosses,
    long rejoined,
    long thawed,
    long era,
    long lostMajorities,
    long quickRestarts,
    long ledgerWrites,
    long ledgerRepeats,
    long unfinished,
    long waiting,
    double oldestWaitingSeconds,
    long retainedBytes,
    int workers,
    long held,
    Durations admission,
    Durations queueing,
    Durations running,
    Durations total,
    Durations restart,
    Map<String, Loop.Load> loops) {

  /**
   * A histogram in brief, in milliseconds; quantiles are right within 19 %.
   *
   * @param count how many were recorded
   */
  public record Durations(long count, double p50, double p99, double max) {}
}
