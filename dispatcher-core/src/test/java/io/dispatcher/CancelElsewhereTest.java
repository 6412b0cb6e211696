package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Cancels through a front that does not own the task, whose owner does not answer. */
class CancelElsewhereTest {

  private static final long CUT = 20_000_000_000L;
  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT)
          .founder("b", STORE, FRONT)
          .founder("c", STORE)
          .founder("w", WORKER);
  private final Promises promises = new Promises();
  private final Dispatcher owner;
  private final Dispatcher other;

  CancelElsewhereTest() {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    owner = nodes.start("a", builder -> builder);
    other = nodes.start("b", builder -> builder);
    nodes.start("c", builder -> builder);
    nodes.start("w", builder -> builder.handleAsync(WORK, (words, ctx) -> promises.next()));
    nodes.met();
  }

  private TaskId running() {
    TaskHandle<String> handle = owner.submit(WORK.task("x"));
    nodes.until(() -> promises.size() == 1);
    return nodes.get(handle.accepted());
  }

  private void cut(long nanos) {
    nodes.world().cut(nodes.peer("a"), nodes.peer("b"), true, nanos);
  }

  private CompletableFuture<Boolean> cancel(TaskId id) {
    return other.attach(id, WORK).cancel().toCompletableFuture();
  }

  @Test
  void the_wish_is_recorded_after_two_seconds_and_the_owner_obeys_once_it_hears() {
    TaskId id = running();
    cut(CUT);
    long asked = nodes.millis();

    assertTrue(nodes.get(cancel(id)));

    long took = nodes.millis() - asked;
    assertTrue(took >= 2_000 && took < 2_500, took + " ms");
    assertEquals(0, owner.stats().cancelled());
    nodes.until(() -> owner.stats().cancelled() == 1);
  }

  @Test
  void who_takes_over_from_the_owner_obeys_and_starts_nothing() {
    TaskId id = running();
    cut(CUT);
    assertTrue(nodes.get(cancel(id)));

    nodes.world().kill(nodes.peer("a"));

    Outcome<String> outcome = nodes.get(other.attach(id, WORK).outcome());
    assertTrue(outcome instanceof Outcome.Cancelled<String>, outcome::toString);
    assertEquals(1, promises.size());
  }

  @Test
  void an_end_that_comes_before_the_owner_hears_counts() {
    TaskId id = running();
    cut(CUT);
    assertTrue(nodes.get(cancel(id)));

    promises.get(0).complete("done");

    assertEquals("done", nodes.get(other.attach(id, WORK).result()));
    assertFalse(nodes.get(cancel(id)));
  }

  @Test
  void who_asks_around_a_split_has_an_answer_once_the_node_is_back() {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      TaskId id = nodes.get(owner.submit(WORK.task("x")).accepted());
      handles.add(other.attach(id, WORK));
      nodes.get(handles.get(i).accepted());
    }
    List<CompletableFuture<Boolean>> answers = new ArrayList<>();
    nodes.world().split(Set.of(nodes.peer("b")), true, 6_000_000_000L);
    for (TaskHandle<String> handle : handles) {
      answers.add(handle.cancel().toCompletableFuture());
      nodes.pass(200);
    }

    nodes.pass(5_000);
    assertEquals(1, other.stats().rejoined());
    for (int i = 0; i < answers.size(); i++) {
      assertTrue(answers.get(i).isDone(), "asked " + i * 200 + " ms after the cut");
    }
  }

  @Test
  void each_cancel_has_a_patience_of_its_own() {
    TaskId id = running();
    cut(CUT);
    CompletableFuture<Boolean> first = cancel(id);
    nodes.pass(1_500);
    CompletableFuture<Boolean> second = cancel(id);
    nodes.until(first::isDone);
    nodes.pass(500);

    assertFalse(second.isDone());
    assertTrue(nodes.get(second));
  }

  @Test
  void an_owner_that_answers_later_than_it_should_is_believed() {
    TaskId id = running();
    cut(1_000_000_000L);
    long asked = nodes.millis();

    assertTrue(nodes.get(cancel(id)));

    assertTrue(nodes.millis() - asked < 2_000);
    assertEquals(1, owner.stats().cancelled());
  }

  /** The front that is asked has taken the block over, and has not heard yet that it may. */
  @Test
  void what_is_about_to_be_adopted_can_be_cancelled() {
    TaskId id = running();
    nodes.handOver(id, "a", "b");

    assertTrue(nodes.get(cancel(id)));
  }
}
