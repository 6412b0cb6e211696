package io.dispatcher;

import static io.dispatcher.task.Codec.nothing;
import static io.dispatcher.task.Codec.text;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole engine in one JVM, without a cluster: a dispatcher from its start to its end. */
class DispatcherTest extends DispatcherFixture {

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
  void nothing_as_payload_and_result() {
    TaskType<Void, Void> type = TaskType.of("ping", nothing(), nothing());
    Dispatcher d = started(builder().handle(type, (none, ctx) -> null));

    assertInstanceOf(
        Outcome.Succeeded.class, d.submit(type.task(null)).outcome().toCompletableFuture().join());
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
