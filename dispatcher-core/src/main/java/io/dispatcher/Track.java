package io.dispatcher;

import io.dispatcher.balance.PeakEwma;

/** How this front's tasks of one type fare on one worker. Confined to the front's loop. */
final class Track {

  private static final double SMOOTHING = 1.0 / 16;

  final PeakEwma times = new PeakEwma();
  final Breaker breaker;

  /** How long attempts that succeed take, roughly; 0 if none has. */
  private double took;

  /** Where they run: another one if the worker says so. */
  PoolView pool;

  Track(PoolView pool, Breaker breaker) {
    this.pool = pool;
    this.breaker = breaker;
  }

  /** As {@link PeakEwma#began}. */
  void began(long now, long usual) {
    times.began(now, usual);
    breaker.began(now);
  }

  void succeeded(OwnedTask task, long began, long now) {
    times.succeeded(began, now);
    took = took == 0 ? now - began : took + SMOOTHING * (now - began - took);
    if (task.key == null) {
      breaker.succeeded(began, now);
    } else {
      breaker.succeeded(began, now, task.keyHash);
    }
  }

  /**
   * How long attempts take that succeed.
   *
   * @param usual on the other workers; 0 if that is not known
   */
  long took(long usual) {
    return took == 0 ? usual : (long) took;
  }

  void failed(OwnedTask task, long began, long now) {
    times.failed(began, now);
    if (task.key == null) {
      breaker.failed(began, now);
    } else {
      breaker.failed(began, now, task.keyHash);
    }
  }

  /** It is no longer there, and that says nothing of the worker. */
  void dropped(long began) {
    times.dropped(began);
    breaker.dropped(began);
  }
}
