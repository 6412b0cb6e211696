package io.dispatcher.client;

import java.util.ArrayDeque;
import java.util.Queue;

/** Lets so many calls be under way at once; others wait in line. Thread-safe. */
final class InFlight {
  private final int max;
  private final Queue<Runnable> line = new ArrayDeque<>();
  private int underWay;
  private boolean starting;

  InFlight(int max) {
    this.max = max;
  }

  /** Starts a call, now or when there is a place; it must {@link #leave} once it has ended. */
  void enter(Runnable call) {
    synchronized (this) {
      line.add(call);
    }
    startSome();
  }

  void leave() {
    synchronized (this) {
      underWay--;
    }
    startSome();
  }

  synchronized boolean crowded() {
    return !line.isEmpty();
  }

  /** One thread starts calls at a time: calls that end at once must not pile up on its stack. */
  private void startSome() {
    Runnable next = take(true);
    while (next != null) {
      next.run();
      next = take(false);
    }
  }

  private synchronized @org.jspecify.annotations.Nullable Runnable take(boolean first) {
    if (first && starting) {
      return null;
    }
    starting = underWay < max && !line.isEmpty();
    if (!starting) {
      return null;
    }
    underWay++;
    return line.remove();
  }
}
