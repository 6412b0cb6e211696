package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class AttemptScopeTest {

  private static final ThreadLocal<String> CONTEXT = new ThreadLocal<>();
  private static final TaskType<String, String> WORK =
      TaskType.of("work", text(), text()).backoff(new Backoff(ofMillis(1), 1, ofMillis(1), 0));

  private final List<String> seen = new CopyOnWriteArrayList<>();

  @Test
  void it_goes_around_every_attempt_on_the_handlers_thread() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Dispatcher d =
        Dispatcher.builder()
            .pool("default", 1, thread)
            .around(
                (id, type, attempt) -> {
                  CONTEXT.set(id.text() + " " + type + " " + attempt);
                  return CONTEXT::remove;
                })
            .handle(
                WORK,
                (words, ctx) -> {
                  seen.add(CONTEXT.get());
                  if (ctx.attempt() == 1) {
                    throw new IllegalStateException("again");
                  }
                  return words;
                })
            .start()) {
      TaskHandle<String> handle = d.submit(WORK.task("x"));
      handle.await(ofSeconds(10));
      String id = handle.accepted().toCompletableFuture().join().text();

      assertEquals(List.of(id + " work 1", id + " work 2"), seen);
      assertNull(thread.submit(CONTEXT::get).get());
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void it_ends_when_an_async_handler_returns() {
    CompletableFuture<String> promise = new CompletableFuture<>();
    try (Dispatcher d =
        Dispatcher.builder()
            .around((id, type, attempt) -> () -> promise.complete("closed"))
            .handleAsync(WORK, (words, ctx) -> promise)
            .start()) {
      assertEquals("closed", d.submit(WORK.task("x")).await(ofSeconds(10)));
    }
  }

  @Test
  void one_that_throws_harms_no_task() {
    try (Dispatcher d =
        Dispatcher.builder()
            .around(
                (id, type, attempt) -> {
                  if (attempt == 1) {
                    throw new IllegalStateException("as it opens");
                  }
                  return () -> {
                    throw new IllegalStateException("as it closes");
                  };
                })
            .handle(
                WORK,
                (words, ctx) -> {
                  if (ctx.attempt() == 1) {
                    throw new IllegalStateException("again");
                  }
                  return words;
                })
            .start()) {
      assertEquals("x", d.submit(WORK.task("x")).await(ofSeconds(10)));
    }
  }
}
