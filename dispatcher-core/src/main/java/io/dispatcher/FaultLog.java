package io.dispatcher;

import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last workers that were lost with tasks of this front, and how soon these were handed out
 * again. Confined to the front's loop.
 */
final class FaultLog {

  private static final int MOST = 20;

  /** One lost worker. */
  private static final class Fault {
    private final Peer worker;
    private final long at;
    private final long atMillis;
    private final String cause;
    private int waiting;
    private long reissued;
    private long first;
    private long last;

    Fault(Peer worker, long at, long atMillis, String cause, int waiting) {
      this.worker = worker;
      this.at = at;
      this.atMillis = atMillis;
      this.cause = cause;
      this.waiting = waiting;
      this.first = at;
      this.last = at;
    }

    FrontView.Fault view() {
      return new FrontView.Fault(
          worker, atMillis, cause, reissued, waiting, (first - at) / 1e6, (last - at) / 1e6);
    }
  }

  private final ArrayDeque<Fault> faults = new ArrayDeque<>();

  /**
   * A worker was lost.
   *
   * @param tasks how many it had
   * @param now the time that its tasks note
   */
  void lost(Peer worker, Change.Cause cause, int tasks, long now, long wallMillis) {
    if (tasks > 0) {
      String why = cause == Change.Cause.LAPSE ? "lease lapsed" : "left";
      faults.addFirst(new Fault(worker, now, wallMillis, why, tasks));
      if (faults.size() > MOST) {
        faults.removeLast();
      }
    }
  }

  /** A lost task got a new attempt. */
  void reissued(OwnedTask task) {
    Fault fault = of(task);
    if (fault != null) {
      fault.reissued++;
    }
  }

  /** A lost task was handed out again. */
  void restarted(OwnedTask task, long now) {
    Fault fault = of(task);
    if (fault != null) {
      fault.waiting--;
      fault.last = now;
      if (fault.first == fault.at) {
        fault.first = now;
      }
    }
  }

  /** A lost task ended before it was handed out again. */
  void ended(OwnedTask task) {
    Fault fault = of(task);
    if (fault != null) {
      fault.waiting--;
    }
  }

  private @Nullable Fault of(OwnedTask task) {
    for (Fault fault : faults) {
      if (fault.at == task.lostAt && task.lostBy(fault.worker.node())) {
        return fault;
      }
    }
    return null;
  }

  /** Newest first. */
  List<FrontView.Fault> view() {
    return faults.stream().map(Fault::view).toList();
  }
}
