package io.dispatcher.node.http;

import io.vertx.core.Context;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way back to an event loop from the threads on which the dispatcher's stages complete. What
 * completes together goes over together. Thread-safe; bounded by the requests that are under way.
 */
final class Hop {
  private static final Logger LOG = LoggerFactory.getLogger(Hop.class);

  private final Context context;
  private final ConcurrentLinkedQueue<Runnable> ready = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean posted = new AtomicBoolean();

  Hop(Context context) {
    this.context = context;
  }

  void run(Runnable work) {
    ready.add(work);
    if (!posted.get() && posted.compareAndSet(false, true)) {
      context.runOnContext(nothing -> drain());
    }
  }

  private void drain() {
    posted.set(false);
    for (Runnable next = ready.poll(); next != null; next = ready.poll()) {
      try {
        next.run();
      } catch (RuntimeException e) {
        // One request's fault must not leave the others without an answer.
        LOG.error("an answer could not be given", e);
      }
    }
  }
}
