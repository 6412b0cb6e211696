package io.dispatcher.node;

import static io.dispatcher.node.ContractHandlers.COPY;
import static io.dispatcher.node.ContractHandlers.FAIL;
import static io.dispatcher.node.ContractHandlers.FLAKY;
import static io.dispatcher.node.ContractHandlers.GROW;
import static io.dispatcher.node.ContractHandlers.HOLD;
import static io.dispatcher.node.ContractHandlers.SHOUT;
import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Codec;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskCancelled;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskExpired;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.task.WaitingReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every door promises: the same scenarios, whatever way a task comes in. */
abstract class TaskClientContract {

  private static final Duration SOON = ofSeconds(30);

  /** A client that stays open. */
  abstract TaskClient client() throws Exception;

  /** One more, as after a restart of the application; the test closes it. */
  abstract TaskClient another() throws Exception;

  // ---------------------------------------------------------------- how tasks end

  @Test
  void a_task_succeeds() throws Exception {
    TaskHandle<String> handle = client().submit(SHOUT.task("grüße"));

    TaskId id = get(handle.accepted());
    assertEquals("GRÜSSE", get(handle.result()));
    assertEquals("GRÜSSE", handle.await(SOON));
    assertEquals(new Outcome.Succeeded<>(id, "GRÜSSE", 1), get(handle.outcome()));
  }

  @Test
  void a_failure_is_data() throws Exception {
    TaskHandle<String> handle = client().submit(FAIL.task("disk full"));

    Outcome.Failed<String> failed = assertInstanceOf(Outcome.Failed.class, get(handle.outcome()));

    assertEquals("java.lang.IllegalStateException: disk full", failed.failure().summary());
    assertTrue(failed.failure().trace().contains("ContractHandlers"), failed.failure().trace());
    assertFalse(failed.failure().node().isEmpty());
    assertEquals(1, failed.failure().attempt());
    assertEquals(1, failed.attempts());
    assertInstanceOf(TaskFailed.class, error(handle.result()));
    assertThrows(TaskFailed.class, () -> handle.await(SOON));
  }

  @Test
  void a_failed_attempt_is_retried() throws Exception {
    assertEquals("attempt 3", client().submit(FLAKY.task("3").retries(3)).await(SOON));

    Outcome.Failed<String> failed =
        assertInstanceOf(
            Outcome.Failed.class, get(client().submit(FLAKY.task("9").retries(1)).outcome()));
    assertEquals(2, failed.attempts());
  }

  @Test
  void a_running_task_is_cancelled() throws Exception {
    TaskHandle<String> handle = client().submit(HOLD.task("on"));
    awaitState(get(handle.accepted()), TaskState.RUNNING);

    assertTrue(get(handle.cancel()));

    assertInstanceOf(Outcome.Cancelled.class, get(handle.outcome()));
    assertThrows(TaskCancelled.class, () -> handle.await(SOON));
    assertTrue(get(handle.cancel()), "it is cancelled, as was wished");
  }

  @Test
  void a_task_that_has_ended_is_not_cancelled() throws Exception {
    TaskHandle<String> handle = client().submit(SHOUT.task("a"));
    get(handle.outcome());
    assertFalse(get(handle.cancel()));
  }

  @Test
  void a_task_expires() throws Exception {
    TaskHandle<String> handle = client().submit(HOLD.task("on").deadline(ofMillis(300)));
    assertInstanceOf(Outcome.Expired.class, get(handle.outcome()));
    assertThrows(TaskExpired.class, () -> handle.await(SOON));
  }

  // ---------------------------------------------------------------- refusals

  @Test
  void an_unknown_type_is_refused_with_the_names_that_exist() throws Exception {
    TaskType<String, String> unknown = TaskType.of("shuot", text(), text());
    TaskHandle<String> handle = client().submit(unknown.task("a").admission(Duration.ZERO));

    TaskRefused refused = assertInstanceOf(TaskRefused.class, error(handle.accepted()));

    assertEquals(TaskRefused.Reason.UNKNOWN_TYPE, refused.reason());
    assertTrue(refused.getMessage().contains("shout"), refused.getMessage());
    assertInstanceOf(TaskRefused.class, error(handle.outcome()));
    assertFalse(get(handle.cancel()));
  }

  @Test
  void the_same_idempotency_key_and_content_is_the_same_task() throws Exception {
    String key = "\"ä\\ " + UUID.randomUUID();
    TaskHandle<String> first = client().submit(SHOUT.task("a").idempotencyKey(key));
    TaskHandle<String> second = client().submit(SHOUT.task("a").idempotencyKey(key));
    TaskHandle<String> other = client().submit(SHOUT.task("a").idempotencyKey(key + "2"));

    assertEquals(get(first.outcome()), get(second.outcome()));
    assertEquals(get(first.accepted()), get(second.accepted()));
    assertNotEquals(get(first.accepted()), get(other.accepted()));
    TaskHandle<String> third = client().submit(SHOUT.task("b").idempotencyKey(key));
    TaskRefused refused = assertInstanceOf(TaskRefused.class, error(third.accepted()));
    assertEquals(TaskRefused.Reason.CONFLICT, refused.reason());
  }

  @Test
  void a_large_payload_comes_back_whole_and_a_larger_one_is_refused() throws Exception {
    for (int size : new int[] {0, 4 << 10, 5 << 10, 300 << 10, TaskLimits.MAX_VALUE_BYTES}) {
      byte[] payload = new byte[size];
      new Random(size).nextBytes(payload);
      assertArrayEquals(payload, client().submit(COPY.task(payload)).await(SOON));
    }
    byte[] tooLarge = new byte[TaskLimits.MAX_VALUE_BYTES + 1];
    TaskRefused refused = assertThrows(TaskRefused.class, () -> COPY.task(tooLarge));
    assertEquals(TaskRefused.Reason.TOO_LARGE, refused.reason());
    assertInstanceOf(
        Outcome.Failed.class, get(client().submit(GROW.task("a")).outcome()), "a result so large");
  }

  @Test
  void several_tasks_are_each_accepted_or_refused() throws Exception {
    TaskType<String, String> unknown = TaskType.of("shuot", text(), text());
    List<Task<String, String>> tasks = new ArrayList<>();
    IntStream.range(0, 250).forEach(i -> tasks.add(SHOUT.task("a" + i)));
    tasks.add(120, unknown.task("a").admission(Duration.ZERO));

    List<TaskHandle<String>> handles = client().submitAll(tasks);

    assertEquals(251, handles.size());
    assertInstanceOf(TaskRefused.class, error(handles.remove(120).accepted()));
    for (int i = 0; i < handles.size(); i++) {
      assertEquals("A" + i, handles.get(i).await(SOON));
    }
    assertEquals(List.of(), client().submitAll(List.<Task<String, String>>of()));
  }

  // ---------------------------------------------------------------- finding tasks again

  @Test
  void a_new_client_attaches_to_a_task_that_ends_later_and_to_one_that_has_ended()
      throws Exception {
    TaskId holding = get(client().submit(HOLD.task("on")).accepted());
    TaskHandle<String> done = client().submit(SHOUT.task("a"));
    TaskId ended = get(done.accepted());
    await().atMost(SOON).until(() -> state(ended) == TaskState.SUCCEEDED);
    try (TaskClient another = another()) {
      TaskHandle<String> attached = another.attach(holding, HOLD);
      assertEquals(holding, get(attached.accepted()));
      assertEquals("A", another.attach(ended, SHOUT).await(SOON));

      awaitState(holding, TaskState.RUNNING);
      CompletionStage<Outcome<String>> outcome = attached.outcome();
      assertTrue(get(another.attach(holding, HOLD).cancel()));
      assertInstanceOf(Outcome.Cancelled.class, get(outcome));
    }
  }

  @Test
  void a_task_that_is_not_known_says_so() throws Exception {
    TaskId unknown = TaskId.of("a1");
    assertEquals(Optional.empty(), get(client().find(unknown)));
    TaskHandle<String> handle = client().attach(unknown, SHOUT);
    assertInstanceOf(DispatcherException.class, error(handle.accepted()));
    assertInstanceOf(DispatcherException.class, error(handle.outcome()));
  }

  @Test
  void a_status_tells_what_a_task_does() throws Exception {
    TaskHandle<String> delayed =
        client().submit(SHOUT.task("a").notBefore(Instant.now().plusSeconds(3600)));
    TaskStatus waiting = confirmed(get(delayed.accepted()));
    assertEquals(TaskState.WAITING, waiting.state());
    assertEquals(WaitingReason.DELAYED, waiting.waiting());
    assertEquals("shout", waiting.type());
    assertTrue(get(delayed.cancel()));

    TaskHandle<String> holding = client().submit(HOLD.task("on"));
    TaskId id = get(holding.accepted());
    await().atMost(SOON).until(() -> "holding on".equals(confirmed(id).progress()));
    TaskStatus running = confirmed(id);
    assertEquals(TaskState.RUNNING, running.state());
    assertEquals(1, running.attempt());
    assertFalse(running.node().isEmpty());
    assertTrue(get(holding.cancel()));
    awaitState(id, TaskState.CANCELLED);

    TaskHandle<String> failing = client().submit(FAIL.task("disk full"));
    get(failing.outcome());
    TaskStatus failed = get(client().find(get(failing.accepted()))).orElseThrow();
    assertEquals(TaskState.FAILED, failed.state());
    assertEquals("java.lang.IllegalStateException: disk full", failed.failure().summary());
  }

  // ---------------------------------------------------------------- where tasks go

  /** How many nodes have a handler; the third one has labels. */
  int nodes() {
    return 3;
  }

  @Test
  void a_task_goes_where_its_labels_are_and_tells_why() throws Exception {
    Task<String, String> task = HOLD.task("on").requires("disk:ssd", "gpu").explain();
    TaskHandle<String> handle = client().submit(task);
    TaskId id = get(handle.accepted());
    awaitState(id, TaskState.RUNNING);

    TaskStatus running = confirmed(id);
    Placement placement = running.placement();
    assertEquals("node-3", running.node());
    assertEquals("node-3", placement.node());
    assertEquals("least-requests", placement.balancer());
    assertEquals("the lowest (load + 1) / weight; ties at random", placement.rule());
    assertEquals(1, placement.attempt());
    Placement.Candidate chosen = candidate(placement, "node-3");
    assertNull(chosen.excluded());
    assertTrue(chosen.weight() > 0 && chosen.slots() > 0, chosen.toString());
    assertEquals(nodes(), placement.candidates().size(), placement::toString);
    placement.candidates().stream()
        .filter(each -> each != chosen)
        .forEach(each -> assertEquals("no label disk:ssd, gpu", each.excluded()));
    assertTrue(get(handle.cancel()));
  }

  @Test
  void a_task_whose_labels_no_node_has_waits_and_says_so() throws Exception {
    TaskHandle<String> handle = client().submit(SHOUT.task("a").requires("gpu", "tpu").explain());
    TaskId id = get(handle.accepted());
    TaskStatus waiting = confirmed(id);
    assertEquals(TaskState.WAITING, waiting.state());
    assertEquals(WaitingReason.NO_LABEL, waiting.waiting());
    assertEquals("no node with a handler for shout has label tpu", waiting.why());
    assertNull(waiting.placement().node());
    assertEquals("no label tpu", candidate(waiting.placement(), "node-3").excluded());
    assertTrue(get(handle.cancel()));
  }

  private static Placement.Candidate candidate(Placement placement, String node) {
    return placement.candidates().stream()
        .filter(each -> each.node().equals(node))
        .findFirst()
        .orElseThrow(() -> new AssertionError(placement.toString()));
  }

  // ---------------------------------------------------------------- this side

  @Test
  void a_result_that_cannot_be_decoded_says_so() throws Exception {
    TaskId id = get(client().submit(COPY.task(new byte[] {(byte) 0xff})).accepted());
    TaskHandle<String> handle = client().attach(id, TaskType.of("copy", Codec.bytes(), text()));
    Throwable error = error(handle.result());
    assertInstanceOf(DispatcherException.class, error);
    assertTrue(error.getMessage().contains("decoded"), error.getMessage());
  }

  @Test
  void a_closed_client_says_so() throws Exception {
    TaskClient another = another();
    TaskHandle<String> holding = another.submit(HOLD.task("on").deadline(ofSeconds(60)));
    TaskId id = get(holding.accepted());
    CompletionStage<Outcome<String>> outcome = holding.outcome();

    close(another);

    assertInstanceOf(DispatcherClosed.class, error(outcome));
    assertInstanceOf(DispatcherClosed.class, error(another.submit(SHOUT.task("a")).accepted()));
    // Not known where it has ended with the client.
    get(client().attach(id, HOLD).cancel().exceptionally(unknown -> false));
  }

  /** A node has more to do when it closes than a client. */
  void close(TaskClient another) {
    another.close();
  }

  // ---------------------------------------------------------------- tools

  private TaskState state(TaskId id) throws Exception {
    return get(client().find(id)).orElseThrow().state();
  }

  private void awaitState(TaskId id, TaskState state) {
    await().atMost(SOON).until(() -> state(id) == state);
  }

  /** The status of a task, from its owner; one that did not answer in time is asked again. */
  private TaskStatus confirmed(TaskId id) {
    return await()
        .atMost(SOON)
        .until(() -> get(client().find(id)).orElseThrow(), status -> !status.stale());
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  private static Throwable error(CompletionStage<?> stage) {
    return assertThrows(
            CompletionException.class,
            () -> stage.toCompletableFuture().orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join())
        .getCause();
  }
}
