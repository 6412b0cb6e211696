package io.dispatcher;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** What a worker can run, by type, and the pools it runs in. Immutable, as the map is. */
record Registrations(Map<String, Registration<?, ?>> byType) {

  @Nullable Registration<?, ?> get(String type) {
    return byType.get(type);
  }

  int slots() {
    return sum(Pool::slots);
  }

  /** Slots with a task. */
  int running() {
    return sum(Pool::busy);
  }

  /** Attempts that ignore that they were stopped. */
  int leaks() {
    return sum(Pool::leaks);
  }

  /** Threads that such attempts have not given back. */
  int leakedThreads() {
    return sum(Pool::leakedThreads);
  }

  private int sum(ToIntFunction<Pool> count) {
    return byType.values().stream().map(Registration::pool).distinct().mapToInt(count).sum();
  }

  /** Once for each type, also of those that share a pool. */
  void eachPool(Consumer<Pool> body) {
    byType.values().forEach(registration -> body.accept(registration.pool()));
  }
}
