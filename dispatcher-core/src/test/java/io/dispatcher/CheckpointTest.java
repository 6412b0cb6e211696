package io.dispatcher;

import static io.dispatcher.task.Codec.bytes;
import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Codec;
import io.dispatcher.task.DeadLetters.Filter;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.StaleAttempt;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.TestTaskContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Checkpoints as handlers see them, without a cluster. */
class CheckpointTest {

  private static final Duration SOON = ofSeconds(10);
  private static final Backoff QUICK = new Backoff(ofMillis(1), 2, ofMillis(5), 0);
  private static final TaskType<String, String> WORK =
      TaskType.of("work", text(), text()).backoff(QUICK);
  private static final Codec<String> MALFORMED =
      new Codec<>() {
        @Override
        public byte[] encode(String value) {
          throw new IllegalStateException("no way to write it");
        }

        @Override
        public String decode(byte[] bytes) {
          throw new IllegalStateException("no way to read it");
        }
      };

  private final LedgerFaults cluster = new LedgerFaults(LocalCluster.start());
  private final List<Dispatcher> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(dispatcher -> dispatcher.close(Duration.ZERO));
  }

  private Dispatcher started(Dispatcher.Builder builder) {
    Dispatcher dispatcher = builder.cluster(cluster).start();
    open.add(dispatcher);
    return dispatcher;
  }

  @Test
  void a_task_that_saved_and_failed_goes_on_from_what_it_saved_last() {
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      String last = ctx.last(text()).orElse("");
                      if (ctx.attempt() <= 3) {
                        ctx.save(text(), "overwritten");
                        assertEquals("overwritten", ctx.last(text()).orElseThrow());
                        ctx.save(text(), last + ctx.attempt());
                        throw new IllegalStateException("down at " + ctx.attempt());
                      }
                      return last;
                    }));

    assertEquals("123", d.submit(WORK.task("x")).await(SOON));
  }

  @Test
  void an_attempt_that_saves_nothing_leaves_what_an_earlier_one_saved() {
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      if (ctx.attempt() == 1) {
                        assertTrue(ctx.last(text()).isEmpty());
                        ctx.save(text(), "one");
                      }
                      if (ctx.attempt() < 3) {
                        throw new IllegalStateException("down");
                      }
                      return ctx.last(text()).orElse("nothing");
                    }));

    assertEquals("one", d.submit(WORK.task("x")).await(SOON));
  }

  @Test
  void async_handlers_save_and_find_without_a_thread() {
    TaskType<String, String> type = TaskType.of("later", text(), text()).backoff(QUICK);
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handleAsync(
                    type,
                    (words, ctx) ->
                        ctx.lastAsync(text())
                            .thenCompose(
                                last ->
                                    last.isPresent()
                                        ? CompletableFuture.completedFuture(last.get())
                                        : saveAndFail(ctx))));

    assertEquals("half", d.submit(type.task("x")).await(SOON));
  }

  private static CompletionStage<String> saveAndFail(TaskContext ctx) {
    return ctx.saveAsync(text(), "half")
        .thenApply(
            nothing -> {
              throw new IllegalStateException("down");
            });
  }

  @Test
  void of_many_saved_at_once_the_newest_is_found_and_all_are_answered() {
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      if (ctx.attempt() == 1) {
                        List<CompletableFuture<Void>> saved = new ArrayList<>();
                        for (int i = 1; i <= 200; i++) {
                          saved.add(ctx.saveAsync(text(), "step " + i).toCompletableFuture());
                        }
                        CompletableFuture.allOf(saved.toArray(CompletableFuture[]::new)).join();
                        throw new IllegalStateException("down");
                      }
                      return ctx.last(text()).orElseThrow();
                    }));

    assertEquals("step 200", d.submit(WORK.task("x")).await(SOON));
  }

  @Test
  void at_the_limit_it_passes_and_over_it_the_save_is_refused_and_the_attempt_goes_on() {
    TaskType<Void, byte[]> type = TaskType.of("large", Codec.nothing(), bytes()).backoff(QUICK);
    TaskType<Void, byte[]> over = TaskType.of("over", Codec.nothing(), bytes());
    byte[] most = new byte[TaskLimits.MAX_VALUE_BYTES];
    most[99] = 9;
    AtomicReference<TaskRefused> refused = new AtomicReference<>();
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    type,
                    (none, ctx) -> {
                      if (ctx.attempt() == 1) {
                        ctx.save(bytes(), most);
                        throw new IllegalStateException("down");
                      }
                      return ctx.last(bytes()).orElseThrow();
                    })
                .handle(
                    over,
                    (none, ctx) -> {
                      ctx.save(bytes(), new byte[] {1});
                      try {
                        ctx.save(bytes(), new byte[TaskLimits.MAX_VALUE_BYTES + 1]);
                      } catch (TaskRefused tooLarge) {
                        refused.set(tooLarge);
                      }
                      return ctx.last(bytes()).orElseThrow();
                    }));

    assertArrayEquals(most, d.submit(type.task(null)).await(SOON));
    assertArrayEquals(new byte[] {1}, d.submit(over.task(null)).await(SOON));
    assertEquals(TaskRefused.Reason.TOO_LARGE, refused.get().reason());
    assertTrue(refused.get().getMessage().contains("save a reference"), refused.get()::getMessage);
  }

  @Test
  void a_handler_that_does_not_catch_that_its_checkpoint_is_too_large_fails_at_once() {
    TaskType<Void, byte[]> type = TaskType.of("uncaught", Codec.nothing(), bytes()).backoff(QUICK);
    AtomicInteger starts = new AtomicInteger();
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    type,
                    (none, ctx) -> {
                      starts.incrementAndGet();
                      ctx.save(bytes(), new byte[TaskLimits.MAX_VALUE_BYTES + 1]);
                      return new byte[0];
                    }));

    Outcome.Failed<?> outcome =
        assertInstanceOf(
            Outcome.Failed.class,
            d.submit(type.task(null))
                .outcome()
                .toCompletableFuture()
                .orTimeout(10, SECONDS)
                .join());
    assertEquals(TaskRefused.class.getName(), outcome.failure().type());
    assertEquals(1, outcome.failure().attempt());
    assertEquals(1, starts.get(), "it would be too large again");
  }

  @Test
  void what_cannot_be_written_or_read_says_so_and_names_the_task() {
    AtomicReference<DispatcherException> wrong = new AtomicReference<>();
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      wrong.set(
                          assertThrows(DispatcherException.class, () -> ctx.save(MALFORMED, "x")));
                      ctx.save(text(), "fine");
                      DispatcherException unread =
                          assertThrows(DispatcherException.class, () -> ctx.last(MALFORMED));
                      return unread.getMessage();
                    }));
    TaskHandle<String> handle = d.submit(WORK.task("x"));

    String unread = handle.await(SOON);
    String id = handle.accepted().toCompletableFuture().join().text();
    assertTrue(unread.contains(id) && unread.contains("no way to read it"), unread);
    String unwritten = wrong.get().getMessage();
    assertTrue(unwritten.contains(id) && unwritten.contains("no way to write it"), unwritten);
  }

  @Test
  void after_a_cancel_a_save_is_stale() {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    CompletableFuture<Throwable> blocking = new CompletableFuture<>();
    CompletableFuture<Throwable> later = new CompletableFuture<>();
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      ctx.save(text(), "before");
                      running.countDown();
                      awaitStubbornly(cancelled);
                      ctx.saveAsync(text(), "after")
                          .whenComplete((nothing, error) -> later.complete(error));
                      try {
                        ctx.save(text(), "after");
                        blocking.complete(new AssertionError("it was saved"));
                      } catch (RuntimeException stale) {
                        blocking.complete(stale);
                      }
                      return words;
                    }));
    TaskHandle<String> handle = d.submit(WORK.task("x"));
    await().until(() -> running.getCount() == 0);

    assertTrue(handle.cancel().toCompletableFuture().join());
    cancelled.countDown();

    assertInstanceOf(StaleAttempt.class, unwrap(later.join()));
    String message = assertInstanceOf(StaleAttempt.class, blocking.join()).getMessage();
    String id = handle.accepted().toCompletableFuture().join().text();
    assertTrue(message.contains(id), message);
    assertEquals(TaskState.CANCELLED, handle.outcome().toCompletableFuture().join().state());
  }

  private static Throwable unwrap(Throwable error) {
    return error instanceof CompletionException ? error.getCause() : error;
  }

  /** Goes on waiting though it is interrupted, and does not leave the interrupt behind. */
  private static void awaitStubbornly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException again) {
        // That is what this handler does wrong.
      }
    }
  }

  // ---------------------------------------------------------------- the same again

  @Test
  void a_large_one_that_is_saved_again_stays_for_the_next_attempt_and_is_not_left_behind() {
    String large = "x".repeat(10_000);
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      if (ctx.attempt() > 1) {
                        assertEquals(large, ctx.last(text()).orElseThrow());
                      }
                      ctx.save(text(), large);
                      ctx.save(text(), large);
                      if (ctx.attempt() <= 3) {
                        throw new IllegalStateException("down");
                      }
                      return "done";
                    }));

    assertEquals("done", d.submit(WORK.task("x").retention(Duration.ZERO)).await(SOON));

    assertEquals(1, cluster.stored());
    await().until(() -> cluster.ledger().usage().bytes() == 0);
  }

  @Test
  void what_a_handler_does_to_its_array_afterwards_is_not_taken_for_saved() {
    TaskType<Void, byte[]> type = TaskType.of("buffer", Codec.nothing(), bytes()).backoff(QUICK);
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    type,
                    (none, ctx) -> {
                      byte[] buffer = ctx.last(bytes()).orElse(new byte[10_000]);
                      int times = ctx.attempt() <= 2 ? 2 : 0;
                      for (int i = 0; i < times; i++) {
                        buffer[0]++;
                        ctx.save(bytes(), buffer);
                      }
                      buffer[0] = 99;
                      if (times > 0) {
                        throw new IllegalStateException("down");
                      }
                      return ctx.last(bytes()).orElseThrow();
                    }));

    assertEquals(4, d.submit(type.task(null)).await(SOON)[0]);
  }

  // ---------------------------------------------------------------- left behind

  @Test
  void nothing_large_is_left_behind_however_a_task_ends() {
    String large = "x".repeat(10_000);
    CountDownLatch holding = new CountDownLatch(1);
    Dispatcher d =
        started(
            Dispatcher.builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      if (ctx.attempt() == 1) {
                        ctx.save(text(), large);
                        ctx.save(text(), large + 2);
                      }
                      switch (words.substring(0, 4)) {
                        case "hold" -> {
                          holding.countDown();
                          new CountDownLatch(1).await();
                        }
                        case "fail" -> throw new IllegalStateException("always");
                        case "once" -> {
                          if (ctx.attempt() == 1) {
                            throw new IllegalStateException("once");
                          }
                        }
                        default -> {}
                      }
                      return "done";
                    }));
    Duration none = Duration.ZERO;

    TaskHandle<String> held = d.submit(WORK.task("hold" + large).retention(none));
    assertEquals("done", d.submit(WORK.task("fine" + large).retention(none)).await(SOON));
    assertEquals("done", d.submit(WORK.task("once" + large).retention(none)).await(SOON));
    TaskHandle<String> failed = d.submit(WORK.task("fail" + large).retries(1).retention(none));
    assertEquals(TaskState.FAILED, failed.outcome().toCompletableFuture().join().state());
    await().until(() -> holding.getCount() == 0);
    assertTrue(held.cancel().toCompletableFuture().join());
    // What failed is kept as a dead letter, and goes with it.
    await()
        .until(
            () -> d.deadLetters().deleteAll(Filter.ALL).toCompletableFuture().join().done() == 1);

    await().until(() -> cluster.ledger().usage().bytes() == 0);
  }

  // ---------------------------------------------------------------- in tests of handlers

  @Test
  void a_test_context_keeps_what_is_saved_and_starts_from_what_it_is_given() {
    TestTaskContext context = TaskContext.forTest();
    assertEquals(Optional.empty(), context.last(text()));

    context.save(text(), "one");
    assertEquals("one", context.last(text()).orElseThrow());
    context.saveAsync(text(), "two").toCompletableFuture().join();
    assertEquals("two", context.lastAsync(text()).toCompletableFuture().join().orElseThrow());

    context.checkpoint("three".getBytes(java.nio.charset.StandardCharsets.UTF_8)).attempt(2);
    assertEquals("three", context.last(text()).orElseThrow());
    assertTrue(context.checkpoint(null).last(text()).isEmpty());
  }

  @Test
  void a_cancelled_test_context_is_stale() {
    TestTaskContext context = TaskContext.forTest().cancel();

    assertThrows(StaleAttempt.class, () -> context.save(text(), "x"));
    CompletionException later =
        assertThrows(
            CompletionException.class,
            () -> context.saveAsync(text(), "x").toCompletableFuture().join());
    assertInstanceOf(StaleAttempt.class, later.getCause());
  }

  @Test
  void a_test_context_refuses_what_a_worker_would_refuse() {
    TestTaskContext context = TaskContext.forTest();

    TaskRefused refused =
        assertThrows(
            TaskRefused.class,
            () -> context.save(bytes(), new byte[TaskLimits.MAX_VALUE_BYTES + 1]));
    assertEquals(TaskRefused.Reason.TOO_LARGE, refused.reason());
    assertThrows(DispatcherException.class, () -> context.save(MALFORMED, "x"));
    context.checkpoint(new byte[] {1});
    assertThrows(DispatcherException.class, () -> context.last(MALFORMED));
  }
}
