package io.dispatcher.node;

import static io.dispatcher.task.Codec.text;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What handlers should not do, inside a {@link SoakNode}. */
final class HarmfulWork {
  /** Works for so many milliseconds and takes its process with it. */
  static final TaskType<String, String> HALT = TaskType.of("halt", text(), text());

  /** Fills the heap, stays like that for so many milliseconds, and fails for want of memory. */
  static final TaskType<String, String> GREEDY = TaskType.of("greedy", text(), text()).retries(1);

  /** Never returns, whoever interrupts it. */
  static final TaskType<String, String> NEVER =
      TaskType.of("never", text(), text()).retries(0).timeLimit(Duration.ofSeconds(1));

  /** Its stage never completes. */
  static final TaskType<String, String> NEVER_ASYNC =
      TaskType.of("never-async", text(), text()).retries(0).timeLimit(Duration.ofSeconds(1));

  static final int HALTED = 77;
  private static final int PIECE = 64 << 10;

  private HarmfulWork() {}

  static void handle(Dispatcher.Builder builder) {
    builder.handle(
        HALT,
        (millis, context) -> {
          TimeUnit.MILLISECONDS.sleep(Long.parseLong(millis));
          Runtime.getRuntime().halt(HALTED);
          return millis;
        });
    builder.handle(GREEDY, (millis, context) -> fill(Long.parseLong(millis)));
    builder.handle(
        NEVER,
        (text, context) -> {
          while (!text.isEmpty()) {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            // Parking returns at once while the interrupt is pending.
            boolean ignored = Thread.interrupted();
          }
          return text;
        });
    builder.handleAsync(NEVER_ASYNC, (text, context) -> new CompletableFuture<>());
  }

  private static String fill(long millis) throws InterruptedException {
    List<byte[]> held = new ArrayList<>();
    long end = Long.MAX_VALUE;
    OutOfMemoryError last = null;
    while (System.nanoTime() < end) {
      try {
        held.add(new byte[PIECE]);
      } catch (OutOfMemoryError full) {
        last = full;
        end = end == Long.MAX_VALUE ? System.nanoTime() + millis * 1_000_000 : end;
      }
    }
    if (last != null) {
      throw last;
    }
    return held.size() + " pieces fit";
  }
}
