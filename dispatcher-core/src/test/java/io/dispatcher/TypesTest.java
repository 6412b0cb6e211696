package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Types that are declared, known, or neither. */
class TypesTest {

  private static final Duration SOON = ofSeconds(10);
  private static final Backoff QUICK = new Backoff(ofMillis(1), 2, ofMillis(5), 0);
  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final TaskType<String, String> LATER = TaskType.of("later", text(), text());

  @Test
  void a_declared_type_is_accepted_without_a_handler_and_waits_for_one() {
    try (Dispatcher d =
        Dispatcher.builder().declare("later", TaskOptions.NONE.retention(ofSeconds(7))).start()) {
      List<TaskHandle<String>> handles =
          d.submitAll(
              IntStream.range(0, 3)
                  .mapToObj(i -> LATER.task("x").admission(Duration.ZERO))
                  .toList());

      for (TaskHandle<String> handle : handles) {
        TaskStatus status =
            handle.accepted().thenCompose(d::find).toCompletableFuture().join().orElseThrow();
        assertEquals(TaskState.WAITING, status.state());
        assertEquals(WaitingReason.NO_HANDLER, status.waiting());
      }
      handles.forEach(handle -> assertTrue(handle.cancel().toCompletableFuture().join()));
    }
  }

  @Test
  void a_declared_task_runs_once_a_worker_for_it_joins() {
    SimNodes nodes = new SimNodes().founder("a", STORE, FRONT).founder("s", STORE).founded();
    Dispatcher front = nodes.start("a", builder -> builder.declare("later", TaskOptions.NONE));
    TaskHandle<String> handle = front.submit(LATER.task("x"));
    nodes.get(handle.accepted());
    nodes.pass(2_000);

    nodes.joiner("w", WORKER).start("w", b -> b.handle(LATER, (words, ctx) -> words + "!"));

    assertEquals("x!", nodes.get(handle.result()));
  }

  @Test
  void what_is_declared_goes_between_the_type_and_the_defaults() {
    try (Dispatcher d =
        Dispatcher.builder()
            .declare("work", TaskOptions.NONE.retries(1).backoff(QUICK))
            .handle(
                WORK,
                (words, ctx) -> {
                  throw new IllegalStateException("attempt " + ctx.attempt());
                })
            .start()) {
      assertEquals(2, attempts(d, WORK.task("x")));
      assertEquals(1, attempts(d, WORK.retries(0).task("x")));
      assertEquals(3, attempts(d, WORK.retries(0).task("x").retries(2)));
      assertEquals(2, attempts(d, WORK.task("x")));
    }
  }

  private static int attempts(Dispatcher d, Task<String, String> task) {
    TaskHandle<String> handle = d.submit(task);
    return assertThrows(TaskFailed.class, () -> handle.await(SOON)).failure().attempt();
  }

  @Test
  void an_unknown_type_is_waited_for_and_refused_with_the_names_that_exist() {
    try (Dispatcher d =
        Dispatcher.builder()
            .declare("later", TaskOptions.NONE)
            .handle(WORK, (words, ctx) -> words)
            .start()) {
      await().until(() -> d.readiness().ready());
      TaskType<String, String> typo = TaskType.of("wrok", text(), text());

      TaskRefused refused =
          assertThrows(
              TaskRefused.class,
              () -> d.submit(typo.task("x").admission(Duration.ZERO)).await(SOON));

      assertEquals(TaskRefused.Reason.UNKNOWN_TYPE, refused.reason());
      assertTrue(refused.getMessage().contains("later, work"), refused.getMessage());
    }
  }

  @Test
  void an_unknown_type_is_called_unknown_though_there_is_no_room_either() {
    TaskType<String, String> typo = TaskType.of("wrok", text(), text());
    try (Dispatcher d =
        Dispatcher.builder()
            .limits(Limits.ofHeap(1L << 28).unfinished(1))
            .declare("later", TaskOptions.NONE)
            .start()) {
      TaskHandle<String> first = d.submit(LATER.task("x"));
      first.accepted().toCompletableFuture().join();
      TaskHandle<String> waiting = d.submit(LATER.task("x"));

      TaskRefused refused =
          assertThrows(
              TaskRefused.class,
              () -> d.submit(typo.task("x").admission(Duration.ZERO)).await(SOON));

      assertEquals(TaskRefused.Reason.UNKNOWN_TYPE, refused.reason());
      assertTrue(first.cancel().toCompletableFuture().join());
      waiting.accepted().toCompletableFuture().join();
      assertTrue(waiting.cancel().toCompletableFuture().join());
    }
  }

  @Test
  void a_type_that_becomes_known_while_it_is_waited_for_is_accepted() {
    SimNodes nodes = new SimNodes().founder("a", STORE, FRONT).founder("s", STORE).founded();
    Dispatcher front = nodes.start("a", builder -> builder);
    TaskHandle<String> handle = front.submit(LATER.task("x"));
    nodes.pass(3_000);

    nodes.joiner("w", WORKER).start("w", b -> b.handle(LATER, (words, ctx) -> words + "!"));

    assertEquals("x!", nodes.get(handle.result()));
  }

  @Test
  void a_type_stays_known_for_ten_minutes_after_its_last_worker_left() {
    SimNodes nodes =
        new SimNodes()
            .founder("a", STORE, FRONT)
            .founder("s", STORE)
            .founder("w", WORKER)
            .founded();
    Dispatcher front = nodes.start("a", builder -> builder);
    nodes.start("w", b -> b.handle(LATER, (words, ctx) -> words));
    nodes.until(() -> front.stats().workers() == 1);
    nodes.world().kill(nodes.peer("w"));
    nodes.until(() -> front.stats().workers() == 0);

    nodes.pass(Duration.ofMinutes(9).toMillis());
    nodes.get(front.submit(LATER.task("x")).accepted());
    nodes.pass(Duration.ofMinutes(2).toMillis());
    TaskHandle<String> late = front.submit(LATER.task("x"));

    CompletionException refused =
        assertThrows(CompletionException.class, () -> nodes.get(late.result()));
    assertTrue(refused.getCause().getMessage().contains("no node handles"), refused.toString());
  }

  @Test
  void options_of_a_single_task_and_wrong_names_are_not_declared() {
    Dispatcher.Builder builder = Dispatcher.builder();

    for (TaskOptions options :
        List.of(
            TaskOptions.NONE.key("k"),
            TaskOptions.NONE.idempotencyKey("k"),
            TaskOptions.NONE.notBefore(Instant.EPOCH))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> builder.declare("work", options))
              .getMessage();
      assertTrue(message.contains("work") && message.contains("single task"), message);
    }
    assertThrows(
        IllegalArgumentException.class, () -> builder.declare("no good", TaskOptions.NONE));
  }
}
