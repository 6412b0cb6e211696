package io.dispatcher;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.function.Supplier;

/**
 * Submitters without a connection, by the names they give themselves. A name stands for the same
 * submitter as long as that has a session or a task: these keep it, and without them it is like a
 * new one. Thread-safe.
 */
final class NamedSubmitters {

  /** Over it, the one that was away longest comes back as a new one. */
  private static final int MOST = 10_000;

  private final Cache<String, Submitter> known =
      Caffeine.newBuilder().weakValues().executor(Runnable::run).maximumSize(MOST).build();

  Submitter get(String name, Supplier<Submitter> first) {
    return known.get(name, unknown -> first.get());
  }
}
