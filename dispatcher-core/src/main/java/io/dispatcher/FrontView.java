package io.dispatcher;

import io.dispatcher.ledger.Peer;
import java.util.List;
import java.util.Map;

/**
 * What one front knows of itself: its part of a {@link ClusterView}. Immutable.
 *
 * @param leaving it drains or is closed
 * @param whole false if types were left out because there are too many for one message
 * @param unfinished accepted tasks without an outcome
 * @param faults newest first
 * @param failures most frequent first
 * @param ejected types of which it sends no tasks to a worker, by the worker's name
 */
record FrontView(
    Readiness readiness,
    boolean leaving,
    boolean whole,
    long unfinished,
    List<Type> types,
    List<Fault> faults,
    List<ClusterView.FailureGroup> failures,
    Map<String, List<String>> ejected) {

  /** The most workers with ejections that are told. */
  static final int MOST_EJECTED = 200;

  /** The most types that are told of one of them. */
  static final int MOST_EJECTED_TYPES = 20;

  /**
   * One type.
   *
   * @param reasons of waiting tasks, by name
   * @param queueing buckets of a {@link Histogram}
   * @param total buckets of a {@link Histogram}
   */
  record Type(
      String name,
      boolean declared,
      long waiting,
      Map<String, Long> reasons,
      double oldestSeconds,
      long running,
      long succeeded,
      long failed,
      long cancelled,
      long expired,
      double donePerSecond,
      long[] queueing,
      long[] total) {}

  /**
   * A lost worker.
   *
   * @param waiting tasks it had that are neither handed out again nor at their end
   * @param firstMillis from the loss to the first that was handed out again; 0 if none was
   * @param lastMillis from the loss to the last that was handed out again; 0 if none was
   */
  record Fault(
      Peer worker,
      long atMillis,
      String cause,
      long reissued,
      long waiting,
      double firstMillis,
      double lastMillis) {}
}
