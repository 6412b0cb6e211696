package io.dispatcher;

import static io.dispatcher.task.Codec.bytes;
import static io.dispatcher.task.Codec.nothing;
import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Codec;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Handler;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskCancelled;
import io.dispatcher.task.TaskExpired;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole engine in one JVM, without a cluster. */
class DispatcherTest {

  private static final Duration SOON = ofSeconds(10);
  private static final Backoff QUICK = new Backoff(ofMillis(1), 2, ofMillis(5), 0);
  private static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());
  private static final TaskType<String, String> WORK =
      TaskType.of("work", text(), text()).backoff(QUICK);

  private final RecordingListener listener = new RecordingListener();
  private final List<Dispatcher> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(dispatcher -> dispatcher.close(Duration.ZERO));
  }

  private Dispatcher.Builder builder() {
    return Dispatcher.builder().listener(listener);
  }

  private Dispatcher started(Dispatcher.Builder builder) {
    Dispatcher dispatcher = builder.start();
    open.add(dispatcher);
    return dispatcher;
  }

  @Test
  void runs_a_task_and_returns_its_result() {
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words.toUpperCase()));

    assertEquals("HELLO", d.submit(SHOUT.task("hello")).await(SOON));
  }

  @ParameterizedTest
  @ValueSource(strings = {"random", "round-robin", "least-requests"})
  void runs_many_tasks_in_blocks_under_every_balancer(String balancer) {
    Dispatcher d = started(builder().balancer(balancer).handle(SHOUT, (words, ctx) -> words + "!"));

    List<TaskHandle<String>> handles =
        d.submitAll(IntStream.range(0, 2000).mapToObj(i -> SHOUT.task("t" + i)).toList());

    for (int i = 0; i < handles.size(); i++) {
      assertEquals("t" + i + "!", handles.get(i).await(SOON));
    }
    Stats stats = d.stats();
    assertEquals(2000, stats.accepted());
    assertEquals(2000, stats.succeeded());
    assertTrue(stats.ledgerWrites() < 1000, "tasks share blocks: " + stats);
  }

  @Test
  void an_async_handler_holds_a_slot_and_no_thread() {
    TaskType<String, String> type = TaskType.of("later", text(), text());
    ConcurrentLinkedQueue<CompletableFuture<String>> promises = new ConcurrentLinkedQueue<>();
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    Dispatcher d =
        started(
            builder()
                .pool("default", 3)
                .handleAsync(
                    type,
                    (words, ctx) -> {
                      thread.complete(Thread.currentThread());
                      CompletableFuture<String> promise = new CompletableFuture<>();
                      promises.add(promise);
                      return promise;
                    }));

    List<TaskHandle<String>> handles =
        d.submitAll(IntStream.range(0, 5).mapToObj(i -> type.task("x")).toList());

    await().until(() -> promises.size() == 3);
    await().until(() -> d.stats().started() == 3);
    for (int done = 0; done < 5; done++) {
      await().until(() -> !promises.isEmpty());
      Objects.requireNonNull(promises.poll()).complete("ok");
    }
    handles.forEach(handle -> assertEquals("ok", handle.await(SOON)));
  }

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
    assertEquals(2, listener.count("retried"));
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
  void the_deadline_stays_the_same_however_long_an_attempt_runs() {
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      Instant early = ctx.deadline().orElseThrow();
                      Instant passed = Instant.now().plusMillis(20);
                      while (Instant.now().isBefore(passed)) {
                        Thread.onSpinWait();
                      }
                      assertEquals(early, ctx.deadline().orElseThrow());
                      return "same";
                    }));

    assertEquals("same", d.submit(WORK.task("x").retries(0).deadline(SOON)).await(SOON));
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
  void nothing_as_payload_and_result() {
    TaskType<Void, Void> type = TaskType.of("ping", nothing(), nothing());
    Dispatcher d = started(builder().handle(type, (none, ctx) -> null));

    assertInstanceOf(
        Outcome.Succeeded.class, d.submit(type.task(null)).outcome().toCompletableFuture().join());
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
  void a_start_in_the_farthest_future_is_a_long_wait_and_harms_nobody() {
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words));

    TaskHandle<String> far = d.submit(SHOUT.task("x").notBefore(Instant.MAX));
    TaskHandle<String> longAgo = d.submit(SHOUT.task("y").notBefore(Instant.MIN));

    far.accepted().toCompletableFuture().join();
    assertEquals("y", longAgo.await(SOON));
    assertTrue(far.cancel().toCompletableFuture().join());
  }

  @Test
  void a_running_task_is_cancelled_and_told() {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      ctx.cancellation().thenRun(told::countDown);
                      running.countDown();
                      new CountDownLatch(1).await();
                      return words;
                    }));

    TaskHandle<String> handle = d.submit(WORK.task("x"));
    await().until(() -> running.getCount() == 0);

    assertTrue(handle.cancel().toCompletableFuture().join());
    assertThrows(TaskCancelled.class, () -> handle.await(SOON));
    await().until(() -> told.getCount() == 0);
    assertFalse(handle.cancel().toCompletableFuture().join() && d.stats().cancelled() != 1);
  }

  @Test
  void a_waiting_task_is_cancelled_and_never_starts() {
    CountDownLatch release = new CountDownLatch(1);
    List<String> ran = java.util.Collections.synchronizedList(new ArrayList<>());
    Dispatcher d =
        started(
            builder()
                .pool("default", 1)
                .handle(
                    WORK,
                    (words, ctx) -> {
                      ran.add(words);
                      release.await();
                      return words;
                    }));

    TaskHandle<String> first = d.submit(WORK.task("first"));
    await().until(() -> ran.size() == 1);
    TaskHandle<String> second = d.submit(WORK.task("second"));
    assertTrue(second.cancel().toCompletableFuture().join());
    release.countDown();

    assertEquals("first", first.await(SOON));
    assertThrows(TaskCancelled.class, () -> second.await(SOON));
    assertEquals(List.of("first"), ran);
  }

  @Test
  void a_finished_task_cannot_be_cancelled() {
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words));
    TaskHandle<String> handle = d.submit(SHOUT.task("x"));
    handle.await(SOON);

    assertFalse(handle.cancel().toCompletableFuture().join());
  }

  @Test
  void a_task_past_its_deadline_expires() {
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      assertTrue(ctx.deadline().isPresent());
                      new CountDownLatch(1).await();
                      return words;
                    }));

    TaskHandle<String> handle = d.submit(WORK.task("x").deadline(ofMillis(80)));

    assertThrows(TaskExpired.class, () -> handle.await(SOON));
  }

  @Test
  void a_delayed_task_waits_and_says_why() {
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words));
    Instant soon = Instant.now().plusMillis(200);

    TaskHandle<String> first = d.submit(SHOUT.task("x").notBefore(soon));
    TaskHandle<String> later = d.submit(SHOUT.task("y").notBefore(soon.plusSeconds(3600)));

    TaskId id = later.accepted().toCompletableFuture().join();
    var status = d.find(id).toCompletableFuture().join().orElseThrow();
    assertEquals(TaskState.WAITING, status.state());
    assertEquals(WaitingReason.DELAYED, status.waiting());
    assertEquals("x", first.await(SOON));
    assertFalse(Instant.now().isBefore(soon));
    assertTrue(later.cancel().toCompletableFuture().join());
  }

  @Test
  void higher_priority_goes_first() {
    CountDownLatch release = new CountDownLatch(1);
    List<String> ran = java.util.Collections.synchronizedList(new ArrayList<>());
    Dispatcher d =
        started(
            builder()
                .pool("default", 1)
                .handle(
                    WORK,
                    (words, ctx) -> {
                      release.await();
                      ran.add(words);
                      return words;
                    }));
    List<TaskHandle<String>> handles = new ArrayList<>();
    handles.addAll(
        d.submitAll(IntStream.range(0, 40).mapToObj(i -> WORK.task("late").priority(9)).toList()));
    handles.forEach(handle -> handle.accepted().toCompletableFuture().join());
    TaskHandle<String> urgent = d.submit(WORK.task("urgent").priority(1));
    urgent.accepted().toCompletableFuture().join();
    release.countDown();

    handles.forEach(handle -> handle.await(SOON));
    urgent.await(SOON);
    assertTrue(ran.indexOf("urgent") < 20, "only what a worker had already goes before: " + ran);
  }

  @Test
  void types_wait_in_one_line() {
    CountDownLatch release = new CountDownLatch(1);
    List<String> ran = java.util.Collections.synchronizedList(new ArrayList<>());
    Handler<String, String> handler =
        (words, ctx) -> {
          release.await();
          ran.add(words);
          return words;
        };
    Dispatcher d =
        started(builder().pool("default", 1).handle(WORK, handler).handle(SHOUT, handler));
    List<TaskHandle<String>> handles = new ArrayList<>();
    submit(d, handles, 40, WORK.task("before"));
    submit(d, handles, 1, SHOUT.task("between"));
    submit(d, handles, 40, WORK.task("after"));
    submit(d, handles, 1, SHOUT.task("urgent").priority(1));
    release.countDown();

    handles.forEach(handle -> handle.await(SOON));
    assertTrue(ran.indexOf("urgent") < 20, "only what a worker had already goes before: " + ran);
    assertTrue(ran.indexOf("between") > ran.lastIndexOf("before") - 2, ran::toString);
    assertTrue(ran.indexOf("between") < ran.indexOf("after") + 2, ran::toString);
  }

  private static void submit(
      Dispatcher d, List<TaskHandle<String>> handles, int count, Task<String, String> task) {
    List<TaskHandle<String>> some =
        d.submitAll(java.util.stream.Stream.generate(() -> task).limit(count).toList());
    some.forEach(handle -> handle.accepted().toCompletableFuture().join());
    handles.addAll(some);
  }

  @Test
  void values_at_the_limit_pass_and_over_it_are_refused() {
    TaskType<byte[], byte[]> type = TaskType.of("copy", bytes(), bytes());
    TaskType<byte[], byte[]> grow = TaskType.of("grow", bytes(), bytes());
    Dispatcher d =
        started(
            builder()
                .handle(type, (payload, ctx) -> payload)
                .handle(grow, (payload, ctx) -> new byte[TaskLimits.MAX_VALUE_BYTES + 1]));
    byte[] most = new byte[TaskLimits.MAX_VALUE_BYTES];
    most[77] = 7;

    assertArrayEquals(most, d.submit(type.task(most)).await(SOON));
    TaskRefused refused =
        assertThrows(TaskRefused.class, () -> type.task(new byte[TaskLimits.MAX_VALUE_BYTES + 1]));
    assertEquals(TaskRefused.Reason.TOO_LARGE, refused.reason());
    TaskFailed failed =
        assertThrows(TaskFailed.class, () -> d.submit(grow.task(new byte[1])).await(SOON));
    assertTrue(failed.getMessage().contains("bytes"), failed.getMessage());
    assertEquals(1, failed.failure().attempt(), "a result over the limit is not tried again");
  }

  @Test
  void an_unknown_type_is_refused_with_the_names_that_exist() {
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words));

    TaskHandle<String> handle = d.submit(WORK.task("x").admission(ofMillis(100)));

    TaskRefused refused = assertThrows(TaskRefused.class, () -> handle.await(SOON));
    assertEquals(TaskRefused.Reason.UNKNOWN_TYPE, refused.reason());
    assertTrue(refused.getMessage().contains("shout"), refused.getMessage());
  }

  @Test
  void over_the_bound_a_submit_waits_for_room_or_is_refused_with_a_time_to_come_back() {
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .limits(Limits.ofHeap(1L << 28).unfinished(10))
                .handle(
                    WORK,
                    (words, ctx) -> {
                      release.await();
                      return words;
                    }));
    List<TaskHandle<String>> accepted =
        d.submitAll(IntStream.range(0, 10).mapToObj(i -> WORK.task("x")).toList());
    accepted.forEach(handle -> handle.accepted().toCompletableFuture().join());

    TaskHandle<String> hasty = d.submit(WORK.task("x").admission(Duration.ZERO));
    TaskHandle<String> patient = d.submit(WORK.task("x"));

    TaskRefused refused = assertThrows(TaskRefused.class, () -> hasty.await(SOON));
    assertEquals(TaskRefused.Reason.OVERLOADED, refused.reason());
    assertTrue(refused.retryAfter().orElseThrow().compareTo(ofSeconds(1)) >= 0);
    assertTrue(refused.getMessage().contains("10 tasks"), refused.getMessage());
    release.countDown();
    assertEquals("x", patient.await(SOON));
    accepted.forEach(handle -> assertEquals("x", handle.await(SOON)));
    await().until(() -> d.stats().unfinished() == 0);
  }

  @Test
  void submits_that_wait_are_bounded_too() {
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .limits(Limits.ofHeap(1L << 28).unfinished(5).waiting(20))
                .handle(
                    WORK,
                    (words, ctx) -> {
                      release.await();
                      return words;
                    }));

    List<TaskHandle<String>> handles =
        d.submitAll(IntStream.range(0, 1000).mapToObj(i -> WORK.task("x")).toList());

    await().until(() -> listener.count("accepted") == 5);
    release.countDown();
    int done = 0;
    int refused = 0;
    for (TaskHandle<String> handle : handles) {
      try {
        handle.await(SOON);
        done++;
      } catch (TaskRefused e) {
        refused++;
        assertEquals(TaskRefused.Reason.OVERLOADED, e.reason());
      }
    }
    assertEquals(1000, done + refused);
    assertTrue(done >= 20 && refused > 0, done + " done, " + refused + " refused");
    int told = refused;
    await().until(() -> listener.count("refused work OVERLOADED") == told);
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
  void what_is_delayed_counts_as_waiting() {
    Dispatcher d = started(builder().handle(WORK, (words, ctx) -> words));

    d.submit(WORK.task("x").notBefore(java.time.Instant.now().plusSeconds(3600)));

    await().until(() -> d.stats().unfinished() == 1 && d.stats().waiting() == 1);
  }

  @Test
  void the_same_idempotency_key_gives_the_same_task_and_other_content_is_refused() {
    AtomicInteger runs = new AtomicInteger();
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words + runs.incrementAndGet()));

    TaskHandle<String> first = d.submit(SHOUT.task("a").idempotencyKey("k-1"));
    TaskHandle<String> again = d.submit(SHOUT.task("a").idempotencyKey("k-1"));
    TaskHandle<String> other = d.submit(SHOUT.task("b").idempotencyKey("k-1"));

    assertEquals("a1", first.await(SOON));
    assertEquals("a1", again.await(SOON));
    assertEquals(
        first.accepted().toCompletableFuture().join(),
        again.accepted().toCompletableFuture().join());
    TaskRefused refused = assertThrows(TaskRefused.class, () -> other.await(SOON));
    assertEquals(TaskRefused.Reason.CONFLICT, refused.reason());
    assertEquals("a1", d.submit(SHOUT.task("a").idempotencyKey("k-1")).await(SOON));
  }

  @Test
  void attaches_to_a_running_and_to_a_finished_task_by_id() {
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      ctx.progress("half-way");
                      release.await();
                      return words;
                    }));
    TaskHandle<String> handle = d.submit(WORK.task("x"));
    TaskId id = handle.accepted().toCompletableFuture().join();
    TaskHandle<String> attached = d.attach(id, WORK);
    await()
        .until(
            () -> {
              var status = d.find(id).toCompletableFuture().join().orElseThrow();
              return status.state() == TaskState.RUNNING
                  && "half-way".equals(status.progress())
                  && d.node().equals(status.node());
            });
    release.countDown();

    assertEquals("x", attached.await(SOON));
    assertEquals("x", handle.await(SOON));
    assertEquals("x", d.attach(id, WORK).await(SOON));
    TaskId unknown = TaskId.of("b" + "A".repeat(26));
    assertTrue(d.find(unknown).toCompletableFuture().join().isEmpty());
    assertThrows(DispatcherException.class, () -> d.attach(unknown, WORK).await(SOON));
  }

  @Test
  void a_callback_that_blocks_or_throws_does_not_stop_the_others() {
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words));

    TaskHandle<String> blocking = d.submit(SHOUT.task("x"));
    blocking
        .outcome()
        .thenRun(
            () -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    TaskHandle<String> throwing = d.submit(SHOUT.task("y"));
    throwing
        .outcome()
        .thenRun(
            () -> {
              throw new IllegalStateException("in a callback");
            });

    assertEquals("y", throwing.await(SOON));
    assertEquals("z", d.submit(SHOUT.task("z")).await(SOON));
    release.countDown();
  }

  @Test
  void a_second_handler_of_one_type_and_wrong_options_are_refused_when_built() {
    Dispatcher.Builder builder = builder().handle(SHOUT, (words, ctx) -> words);

    assertTrue(
        assertThrows(
                IllegalArgumentException.class, () -> builder.handle(SHOUT, (words, ctx) -> words))
            .getMessage()
            .contains("shout"));
    assertThrows(IllegalArgumentException.class, () -> builder.pool("p", 0));
    assertThrows(IllegalArgumentException.class, () -> builder.balancer("best"));
    assertThrows(IllegalArgumentException.class, () -> Limits.ofHeap(1L << 28).unfinished(0));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            builder()
                .handle(SHOUT, (words, ctx) -> words, HandlerOptions.DEFAULT.pool("none"))
                .start());
  }

  @Test
  void close_waits_for_what_runs_and_refuses_what_comes() {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      running.countDown();
                      release.await();
                      return words;
                    }));
    TaskHandle<String> handle = d.submit(WORK.task("x"));
    await().until(() -> running.getCount() == 0);
    CompletableFuture<Void> closing = CompletableFuture.runAsync(d::close);
    await()
        .until(
            () -> {
              TaskHandle<String> late = d.submit(WORK.task("late").admission(Duration.ZERO));
              return late.outcome().toCompletableFuture().isCompletedExceptionally();
            });
    assertThrows(DispatcherClosed.class, () -> d.submit(WORK.task("late")).await(SOON));
    release.countDown();

    assertEquals("x", handle.await(SOON));
    closing.join();
    assertThrows(
        DispatcherClosed.class, () -> d.attach(TaskId.of("b" + "A".repeat(26)), WORK).await(SOON));
  }

  @Test
  void close_without_a_wait_tells_open_handles() {
    Dispatcher d =
        started(
            builder()
                .handle(
                    WORK,
                    (words, ctx) -> {
                      new CountDownLatch(1).await();
                      return words;
                    }));
    TaskHandle<String> handle = d.submit(WORK.task("x"));
    await().until(() -> d.stats().started() == 1);

    d.close(Duration.ZERO);

    assertThrows(DispatcherClosed.class, () -> handle.await(SOON));
    assertNotEquals(0, d.stats().accepted());
  }

  @Test
  void an_interrupted_close_tells_open_handles_too() throws Exception {
    Dispatcher d = started(builder().handle(WORK, (words, ctx) -> words));
    TaskHandle<String> handle = d.submit(WORK.task("x").notBefore(Instant.now().plusSeconds(3600)));
    handle.accepted().toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);

    Thread.currentThread().interrupt();
    d.close();

    assertTrue(Thread.interrupted());
    assertThrows(DispatcherClosed.class, () -> handle.await(SOON));
  }
}
