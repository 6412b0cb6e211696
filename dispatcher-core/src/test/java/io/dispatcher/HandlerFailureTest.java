package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Codec;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of tasks whose code fails, hangs, or ends in an odd way. */
class HandlerFailureTest extends DispatcherFixture {

  @Test
  void a_failing_task_is_retried_and_then_failed_with_its_cause() {
    AtomicInteger runs = new AtomicInteger();
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      runs.incrementAndGet();
                      throw new IllegalStateException("no paper");
                    }));

    TaskHandle<String> handle = d.submit(WORK.task("x").retries(2));

    TaskFailed failed = assertThrows(TaskFailed.class, () -> handle.await(SOON));
    assertEquals(3, runs.get());
    assertEquals(IllegalStateException.class.getName(), failed.failure().type());
    assertTrue(failed.getMessage().contains("no paper"), failed.getMessage());
    assertEquals(3, failed.failure().attempt());
    await().until(() -> listener.heard("settled FAILED 3"));
    await().untilAsserted(() -> assertEquals(2, listener.count("retried")));
  }

  @Test
  void a_task_that_fails_once_succeeds_on_the_next_attempt() {
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      if (ctx.attempt() == 1) {
                        throw new IllegalStateException("not yet");
                      }
                      return "attempt " + ctx.attempt();
                    }));

    assertEquals("attempt 2", d.submit(WORK.task("x")).await(SOON));
  }

  @Test
  void errors_declared_not_worth_a_retry_fail_at_once() {
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      throw new IllegalArgumentException("never");
                    },
                    HandlerOptions.DEFAULT.noRetry(IllegalArgumentException.class)));

    TaskFailed failed = assertThrows(TaskFailed.class, () -> d.submit(WORK.task("x")).await(SOON));
    assertEquals(1, failed.failure().attempt());
  }

  @Test
  void a_handler_that_throws_an_error_fails_its_task_and_harms_nobody() {
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      if (words.equals("bad")) {
                        throw new StackOverflowError("deep");
                      }
                      return words;
                    }));

    TaskHandle<String> bad = d.submit(WORK.task("bad").retries(0));
    assertEquals(
        "java.lang.StackOverflowError",
        assertThrows(TaskFailed.class, () -> bad.await(SOON)).failure().type());
    assertEquals("good", d.submit(WORK.task("good")).await(SOON));
  }

  @Test
  void a_handler_that_returns_null_fails_its_task_with_a_clear_cause() {
    Dispatcher d = started(builder().handle(WORK, (words, ctx) -> null));

    TaskFailed failed =
        assertThrows(TaskFailed.class, () -> d.submit(WORK.task("x").retries(0)).await(SOON));
    assertTrue(failed.getMessage().contains("returned null"), failed.getMessage());
  }

  @Test
  void an_interrupt_that_a_handler_leaves_behind_does_not_reach_the_next_one() {
    CountDownLatch go = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .pool("default", 1)
                .handle(
                    WORK,
                    (words, ctx) -> {
                      boolean interrupted = Thread.currentThread().isInterrupted();
                      if (words.equals("first")) {
                        go.await();
                        Thread.currentThread().interrupt();
                      }
                      return String.valueOf(interrupted);
                    }));
    TaskHandle<String> first = d.submit(WORK.task("first"));
    TaskHandle<String> second = d.submit(WORK.task("second"));
    // The same thread goes on with what its worker has.
    await().until(() -> d.stats().held() == 2);
    go.countDown();

    assertEquals("false", first.await(SOON));
    assertEquals("false", second.await(SOON));
  }

  @Test
  void an_error_of_the_codec_fails_the_stages_and_leaves_none_open() {
    TaskType<String, String> type =
        TaskType.of(
            "undecodable",
            text(),
            Codec.of(
                String::getBytes,
                bytes -> {
                  throw new NoClassDefFoundError("a/Missing");
                }));
    Dispatcher d = started(builder().handle(type, (words, ctx) -> words));

    DispatcherException thrown =
        assertThrows(DispatcherException.class, () -> d.submit(type.task("x")).await(SOON));
    assertTrue(thrown.getMessage().contains("a/Missing"), thrown.getMessage());
  }

  @Test
  void an_error_of_the_checkpoints_codec_fails_the_stage() {
    io.dispatcher.task.Codec<String> broken =
        io.dispatcher.task.Codec.of(
            String::getBytes,
            bytes -> {
              throw new AssertionError("broken codec");
            });
    Dispatcher d =
        started(
            builder()
                .handleAsync(
                    WORK,
                    (words, ctx) ->
                        ctx.saveAsync(broken, "here")
                            .thenCompose(done -> ctx.lastAsync(broken))
                            .thenApply(last -> words)));

    TaskHandle<String> handle = d.submit(WORK.task("x").retries(0));

    TaskFailed failed = assertThrows(TaskFailed.class, () -> handle.await(SOON));
    assertTrue(failed.getMessage().contains("broken codec"), failed.getMessage());
  }

  @Test
  void a_task_over_its_time_limit_is_interrupted_and_fails() {
    CountDownLatch interrupted = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                      }
                      return words;
                    }));

    TaskHandle<String> handle = d.submit(WORK.task("x").timeLimit(ofMillis(50)).retries(0));

    TaskFailed failed = assertThrows(TaskFailed.class, () -> handle.await(SOON));
    assertTrue(failed.getMessage().contains("time limit"), failed.getMessage());
    assertEquals(java.util.concurrent.TimeoutException.class.getName(), failed.failure().type());
    await().until(() -> interrupted.getCount() == 0);
  }

  @Test
  void a_handler_that_ignores_its_interrupt_loses_its_thread_and_not_its_slot() {
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .pool("default", 1)
                .handle(
                    WORK,
                    (words, ctx) -> {
                      while (words.equals("stubborn") && release.getCount() > 0) {
                        Thread.onSpinWait();
                      }
                      return words;
                    }));

    TaskHandle<String> stubborn =
        d.submit(WORK.task("stubborn").timeLimit(ofMillis(50)).retries(0));
    assertThrows(TaskFailed.class, () -> stubborn.await(SOON));
    assertEquals("next", d.submit(WORK.task("next")).await(SOON));
    assertEquals(1, d.figures().leaked());
    release.countDown();
    await().until(() -> d.figures().leaked() == 0);
  }

  @Test
  void a_stage_that_never_completes_loses_its_slot_to_the_next_task() {
    Dispatcher d =
        started(
            builder()
                .pool("default", 1)
                .handleAsync(
                    WORK,
                    (words, ctx) ->
                        words.equals("never")
                            ? new CompletableFuture<>()
                            : CompletableFuture.completedFuture(words)));

    TaskHandle<String> never = d.submit(WORK.task("never").timeLimit(ofMillis(50)).retries(0));
    assertThrows(TaskFailed.class, () -> never.await(SOON));
    assertEquals("next", d.submit(WORK.task("next")).await(SOON));
    assertEquals(1, d.figures().leaked());
  }

  @Test
  void a_pool_whose_executor_throws_goes_on_with_the_next_try() {
    AtomicInteger tries = new AtomicInteger();
    Dispatcher d =
        started(
            builder()
                .pool(
                    "default",
                    1,
                    run -> {
                      if (tries.incrementAndGet() == 1) {
                        throw new OutOfMemoryError("no thread, on purpose");
                      }
                      new Thread(run).start();
                    })
                .handle(WORK, (words, ctx) -> words));

    assertEquals("x", d.submit(WORK.task("x")).await(SOON));
  }
}
