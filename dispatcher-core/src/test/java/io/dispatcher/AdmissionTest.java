package io.dispatcher;

import static io.dispatcher.task.Codec.bytes;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is refused, and what waits for room. */
class AdmissionTest extends DispatcherFixture {

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
    await().until(() -> d.readiness().ready());

    TaskHandle<String> handle = d.submit(WORK.task("x").admission(ofMillis(100)));

    TaskRefused refused = assertThrows(TaskRefused.class, () -> handle.await(SOON));
    assertEquals(TaskRefused.Reason.UNKNOWN_TYPE, refused.reason());
    assertTrue(refused.getMessage().contains("shout"), refused.getMessage());
  }

  @Test
  void what_could_not_start_before_its_deadline_is_refused() {
    Dispatcher d = started(builder().handle(SHOUT, (words, ctx) -> words));
    Instant later = Instant.now().plusSeconds(60);

    TaskHandle<String> handle = d.submit(SHOUT.task("x").notBefore(later).deadline(ofSeconds(30)));

    TaskRefused refused = assertThrows(TaskRefused.class, () -> handle.await(SOON));
    assertEquals(TaskRefused.Reason.INVALID, refused.reason());
    assertTrue(refused.getMessage().contains("deadline of 30000 ms"), refused.getMessage());
    TaskHandle<String> fits = d.submit(SHOUT.task("x").notBefore(later).deadline(ofSeconds(90)));
    assertTrue(fits.accepted().toCompletableFuture().orTimeout(10, SECONDS).join() != null);
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
}
