package io.dispatcher;

import io.dispatcher.balance.PeakEwma;

/** How this front's tasks of one type fare on one worker. Confined to the front's loop. */
final class Track {

  final PeakEwma times = new PeakEwma();
  final Breaker breaker;

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
    if (task.key == null) {
      breaker.succeeded(began, now);
    } else {
      breaker.succeeded(began, now, task.keyHash);
    }
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
