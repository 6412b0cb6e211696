package io.dispatcher;

import static java.time.Duration.ofMillis;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Handler;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskCancelled;
import io.dispatcher.task.TaskExpired;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.WaitingReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tasks that wait, in which order they go, and how waiting ends: a start, a cancel, a deadline. */
class WaitingTest extends DispatcherFixture {

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
  void a_start_between_two_milliseconds_is_put_off_to_the_later_one() {
    assertEquals(5_002, notBefore(Instant.ofEpochSecond(5, 1_000_001)));
    assertEquals(5_002, notBefore(Instant.ofEpochSecond(5, 2_000_000)));
    assertEquals(6_000, notBefore(Instant.ofEpochSecond(5, 999_999_999)));
    assertTrue(notBefore(Instant.MAX) > 0);
  }

  private static long notBefore(Instant start) {
    return Intake.profile("work", TaskOptions.NONE.notBefore(start).over(TaskOptions.DEFAULTS))
        .notBefore();
  }

  @Test
  void what_is_delayed_counts_as_waiting() {
    Dispatcher d = started(builder().handle(WORK, (words, ctx) -> words));

    d.submit(WORK.task("x").notBefore(java.time.Instant.now().plusSeconds(3600)));

    await().until(() -> d.stats().unfinished() == 1 && d.stats().waiting() == 1);
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
    await().until(() -> d.stats().held() == 2);
    assertTrue(second.cancel().toCompletableFuture().join());
    await().until(() -> d.stats().held() == 1);
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
}
