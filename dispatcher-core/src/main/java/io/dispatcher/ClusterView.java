package io.dispatcher;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as one front sees it at one moment: its own counts and what the other fronts answered
 * in time. Immutable; made for people and dashboards, never for decisions.
 *
 * @param seenBy name of the node that was asked
 * @param complete false if a front did not answer in time, so that sums are too low
 * @param nodes members, in the order of their names; one that left stays for a minute as {@code
 *     left}
 * @param types task types that are declared, handled somewhere, or have tasks, by name
 * @param faults the last workers lost, newest first, at most 20
 * @param failures what attempts failed with in the last hour, most frequent first, at most 20
 */
public record ClusterView(
    String seenBy,
    boolean complete,
    List<NodeView> nodes,
    List<TypeView> types,
    List<Fault> faults,
    List<FailureGroup> failures) {

  /**
   * One node.
   *
   * @param roles {@code store}, {@code front}, {@code worker}
   * @param zone where it is; empty if not told
   * @param labels what it has that tasks may ask for
   * @param state {@code up}, {@code silent} (no load report in time), {@code draining}, {@code
   *     drained} (runs nothing and takes nothing, but is still a member) or {@code left}
   * @param slots tasks that its pools run at once
   * @param weight its share of the work, relative to the others; 0 = no new tasks
   * @param ejected types of which some front sends no tasks there now, for they fail there and
   *     succeed elsewhere
   * @param running attempts on its slots
   * @param held attempts that it holds, running or not yet
   * @param unfinished accepted tasks that it owns as a front and that have no outcome; 0 if it did
   *     not answer
   * @param ready whether it takes tasks in
   * @param readiness why it does not, or {@code ready}
   */
  public record NodeView(
      String name,
      List<String> roles,
      String zone,
      List<String> labels,
      String state,
      int slots,
      double weight,
      List<String> ejected,
      long running,
      long held,
      long unfinished,
      boolean ready,
      String readiness) {}

  /**
   * One type of task, summed over the fronts.
   *
   * @param declared whether it is declared in a configuration
   * @param balancer name of its balancer at the front that was asked
   * @param nodes names of the workers with a handler
   * @param waiting accepted and not with a worker
   * @param reasons waiting tasks by reason, as far as fronts know
   * @param oldestSeconds age of the oldest waiting one
   * @param running with a worker
   * @param succeeded as all counts and durations here, since the fronts started
   * @param donePerSecond tasks that ended, over the last ten seconds
   * @param queueing from accepted to handed to a worker
   * @param total from submit to outcome
   */
  public record TypeView(
      String name,
      boolean declared,
      String balancer,
      List<String> nodes,
      long waiting,
      java.util.Map<String, Long> reasons,
      double oldestSeconds,
      long running,
      long succeeded,
      long failed,
      long cancelled,
      long expired,
      double donePerSecond,
      Stats.Durations queueing,
      Stats.Durations total) {}

  /**
   * A worker that was lost with tasks.
   *
   * @param atMillis when a front noticed, milliseconds since 1970
   * @param node the worker
   * @param cause {@code left} or {@code lease lapsed}
   * @param reissued attempts raised because of it
   * @param firstRestartMillis until the first of them was handed out again; null if none was
   * @param lastRestartMillis until the last of them was; null while some wait
   */
  public record Fault(
      long atMillis,
      String node,
      String cause,
      long reissued,
      @Nullable Double firstRestartMillis,
      @Nullable Double lastRestartMillis) {}

  /**
   * Failures of one type with the same error.
   *
   * @param count attempts that failed with it, those that were tried again too
   * @param error class name, or what stands for it
   * @param message of the newest
   * @param lastTask id of the newest
   * @param lastMillis when, milliseconds since 1970
   */
  public record FailureGroup(
      String type, String error, String message, long count, String lastTask, long lastMillis) {}
}
