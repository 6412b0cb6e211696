package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.FakeWorkers;
import io.dispatcher.task.Placement.Candidate;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The seven rules that keep a front's own counts right. That they hold whatever goes wrong, the
 * simulation checks with every seed: own counts are those of the open attempts, and 0 in the end.
 */
class LoadViewTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE, WORKER)
          .founded();

  private record Running(String node, int attempt, CompletableFuture<String> promise) {}

  private final List<Running> running = new ArrayList<>();
  private final Dispatcher a = start("a");
  private final Dispatcher b = start("b");
  private final Dispatcher c = start("c");

  LoadViewTest() {
    nodes.met();
    nodes.pass(2_000);
  }

  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder.handleAsync(
                WORK,
                (words, ctx) -> {
                  CompletableFuture<String> promise = new CompletableFuture<>();
                  running.add(new Running(ctx.node(), ctx.attempt(), promise));
                  return promise;
                }));
  }

  /** What a front believes to be on a node, by asking it where it would put a task. */
  private long load(Dispatcher front, String node) {
    TaskHandle<String> probe = front.submit(WORK.task("probe").explain());
    TaskId id = nodes.get(probe.accepted());
    nodes.pass(20);
    long load =
        nodes.get(front.find(id)).orElseThrow().placement().candidates().stream()
            .filter(each -> each.node().equals(node))
            .mapToLong(Candidate::load)
            .findFirst()
            .orElseThrow();
    nodes.get(probe.cancel());
    nodes.pass(20);
    return load;
  }

  private void counts(int assigned) {
    nodes.pass(1_500);
    assertEquals(assigned, a.figures().assigned());
    assertEquals(0, a.figures().drift());
  }

  /** One that prefers another node than this front's. */
  private static String keyOfAnother() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c");
    return IntStream.range(0, 100)
        .mapToObj(k -> "k" + k)
        .filter(key -> Balancers.preference(workers, Balancers.hash(key))[0] != 0)
        .findFirst()
        .orElseThrow();
  }

  private Running last() {
    return running.get(running.size() - 1);
  }

  /** Rule 1: one end per attempt. */
  @Test
  void an_attempt_that_is_cancelled_and_ends_by_itself_is_counted_down_once() {
    TaskHandle<String> handle = a.submit(WORK.task("x"));
    nodes.until(() -> running.size() == 1);
    counts(1);
    CompletableFuture<Boolean> cancelled = handle.cancel().toCompletableFuture();
    last().promise().complete("done");
    nodes.get(cancelled);
    last().promise().complete("again");
    nodes.get(handle.outcome());
    counts(0);
    last().promise().complete("too late");
    counts(0);
  }

  /** Rule 2: a retry is a new attempt, with a count of its own, and not where it failed. */
  @Test
  void a_retry_goes_where_it_has_not_failed() {
    TaskHandle<String> handle = a.submit(WORK.task("x").retries(5));
    for (int attempt = 1; attempt <= 4; attempt++) {
      int starts = attempt;
      nodes.until(() -> running.size() == starts);
      if (attempt > 1) {
        assertNotEquals(running.get(attempt - 2).node(), last().node());
      }
      counts(1);
      last().promise().completeExceptionally(new IllegalStateException("on purpose"));
    }
    nodes.until(() -> running.size() == 5);
    last().promise().complete("done");
    nodes.get(handle.outcome());
    counts(0);
  }

  /** Rule 3: a worker that leaves takes its count along; one of the same name starts from 0. */
  @Test
  void a_worker_that_is_gone_is_forgotten_with_its_count() {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      handles.add(a.submit(WORK.task("x")));
    }
    nodes.until(() -> running.size() == 6);
    assertEquals(2, load(a, "c"));
    nodes.leave("c");
    nodes.pass(3_000);
    counts(6);
    handles.forEach(TaskHandle::cancel);
    nodes.until(() -> handles.stream().allMatch(nodes::done));
    counts(0);
    nodes.joiner("c", STORE, WORKER);
    start("c");
    nodes.pass(2_000);
    assertEquals(0, load(a, "c"));
  }

  /**
   * Rule 4: every attempt has a time limit; a handler that never returns is not counted for ever.
   */
  @Test
  void an_attempt_that_never_ends_is_counted_until_its_limit() {
    TaskHandle<String> handle =
        a.submit(WORK.task("x").timeLimit(Duration.ofSeconds(5)).retries(0));
    nodes.until(() -> running.size() == 1);
    counts(1);
    nodes.get(handle.outcome());
    counts(0);
  }

  /** Rule 5: own counts are those of the open attempts. */
  @Test
  void own_counts_are_open_attempts() {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      handles.add((i % 2 == 0 ? a : b).submit(WORK.task("x" + i).key("k" + i % 7)));
    }
    for (int ended = 0; handles.stream().anyMatch(handle -> !nodes.done(handle)); ended++) {
      nodes.until(() -> !running.isEmpty());
      Running one = running.remove(0);
      if (ended % 5 == 0) {
        one.promise().completeExceptionally(new IllegalStateException("on purpose"));
      } else {
        one.promise().complete("done");
      }
      nodes.pass(20);
      assertEquals(0, a.figures().drift());
      assertEquals(0, b.figures().drift());
    }
    counts(0);
  }

  /** Rule 6: of a front that is gone a worker counts nothing, except what somebody adopted. */
  @Test
  void the_tasks_of_a_dead_front_are_counted_by_who_adopts_them() {
    for (int i = 0; i < 4; i++) {
      b.submit(WORK.task("x").key("k" + i).deadline(Duration.ofSeconds(40)));
    }
    nodes.until(() -> running.size() == 4);
    long onC = running.stream().filter(each -> each.node().equals("c")).count();
    assertTrue(onC > 0, () -> "another key, please: " + running);
    nodes.pass(1_100);
    assertEquals(onC, load(a, "c"), "as the worker has said");
    nodes.leave("b");
    nodes.pass(8_000);
    assertEquals(4, a.figures().assigned() + c.figures().assigned());
    assertEquals(0, a.figures().drift() + c.figures().drift());
    assertTrue(load(a, "c") >= onC);
    nodes.pass(40_000);
    counts(0);
    assertEquals(0, load(a, "c"));
    assertEquals(0, c.stats().held());
  }

  /** Rule 7: what moves at a checkpoint is one open attempt at any time. */
  @Test
  void a_task_that_moves_on_is_counted_once() {
    TaskHandle<String> handle = a.submit(WORK.task("x").key(keyOfAnother()));
    nodes.until(() -> running.size() == 1);
    String from = last().node();
    counts(1);
    nodes.leave(from);
    nodes.until(() -> running.size() == 2);
    assertNotEquals(from, last().node());
    counts(1);
    last().promise().complete("done");
    nodes.get(handle.outcome());
    counts(0);
  }
}
