package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait for the outcome of a task submitted earlier. However often a client asks
 * again, the dispatcher is asked once per task. Thread-safe.
 */
public final class Waiters {
  private static final int MAX_TASKS = 100_000;

  /** Any type will do: only the bytes are wanted. */
  private static final TaskType<byte[], byte[]> BYTES =
      TaskType.of("result", Codec.bytes(), Codec.bytes());

  /** Told once, on the dispatcher's callback executor; exactly one argument is null. */
  public interface Waiter {
    void ended(@Nullable Outcome<byte[]> outcome, @Nullable Throwable error);
  }

  private record Wanted(TaskId id, boolean fetches) {}

  private final Dispatcher dispatcher;
  private final ConcurrentHashMap<Wanted, Set<Waiter>> waiting = new ConcurrentHashMap<>();

  /** Asks this dispatcher. */
  public Waiters(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  /**
   * Waits for the outcome of a task.
   *
   * @param fetches whether the outcome goes to the caller, or only the news that there is one
   * @return stops waiting
   * @throws Refused if too many tasks are waited for
   */
  public Runnable await(TaskId id, boolean fetches, Waiter waiter) {
    if (waiting.size() >= MAX_TASKS) {
      throw new Refused(
          Problem.overloaded(
              "the outcomes of " + MAX_TASKS + " tasks are waited for already; ask without wait",
              Duration.ofSeconds(1)));
    }
    Wanted wanted = new Wanted(id, fetches);
    boolean[] first = {false};
    Set<Waiter> all =
        waiting.compute(
            wanted,
            (key, before) -> {
              first[0] = before == null;
              Set<Waiter> set = before == null ? ConcurrentHashMap.newKeySet() : before;
              set.add(waiter);
              return set;
            });
    if (first[0]) {
      TaskHandle<byte[]> handle =
          fetches ? dispatcher.attach(id, BYTES) : dispatcher.look(id, BYTES);
      handle
          .outcome()
          .whenComplete(
              (outcome, error) -> {
                Set<Waiter> told = waiting.remove(wanted);
                if (told != null) {
                  told.forEach(next -> next.ended(outcome, error));
                }
              });
    }
    return () -> all.remove(waiter);
  }
}
