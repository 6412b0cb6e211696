package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One pick may hold for several quick tasks, and not for several long ones. */
class RunsOfTasksTest {

  private static final TaskType<String, String> LONG = TaskType.of("long", text(), text());
  private static final TaskType<String, String> UNEVEN = TaskType.of("uneven", text(), text());
  private static final TaskType<String, String> QUICK = TaskType.of("quick", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, WORKER)
          .founder("c", STORE, WORKER)
          .founded();
  private final Map<String, Integer> ran = new TreeMap<>();

  private Dispatcher three(String balancer, int slots) {
    Dispatcher front = start("a", balancer, slots);
    start("b", balancer, slots);
    start("c", balancer, slots);
    nodes.met();
    nodes.pass(1_000);
    return front;
  }

  private Dispatcher start(String name, String balancer, int slots) {
    return nodes.start(
        name,
        builder ->
            builder
                .balancer(balancer)
                .pool("default", slots, nodes.threads(name))
                .handleAsync(QUICK, (words, ctx) -> CompletableFuture.completedFuture(words))
                .handleAsync(UNEVEN, (words, ctx) -> uneven(words, ctx.node()))
                .handleAsync(
                    LONG,
                    (words, ctx) -> {
                      ran.merge(ctx.node(), 1, Integer::sum);
                      return new CompletableFuture<>();
                    }));
  }

  private CompletionStage<String> uneven(String words, String node) {
    ran.merge(node, 1, Integer::sum);
    CompletableFuture<String> result = new CompletableFuture<>();
    nodes.after(node, node.equals("a") ? 0 : 30_000_000L, () -> result.complete(words));
    return result;
  }

  private List<TaskHandle<String>> block(Dispatcher front, Task<String, String> task) {
    return front.submitAll(Collections.nCopies(100, task));
  }

  private void quick(Dispatcher front, int blocks) {
    for (int k = 0; k < blocks; k++) {
      block(front, QUICK.task("x")).forEach(each -> nodes.get(each.result()));
    }
  }

  private void assertEven() {
    nodes.until(() -> ran.values().stream().mapToInt(count -> count).sum() == 100);
    assertEquals(3, ran.size(), ran::toString);
    ran.values().forEach(count -> assertEquals(33, count, 1, ran::toString));
  }

  @ParameterizedTest
  @ValueSource(strings = {"least-requests", "round-robin"})
  void long_tasks_of_a_block_are_spread(String balancer) {
    Dispatcher front = three(balancer, 500);
    block(front, LONG.task("x"));
    assertEven();
  }

  /** Of a worker that gets a lot done nobody knows for how long this type takes. */
  @ParameterizedTest
  @ValueSource(strings = {"least-requests", "round-robin"})
  void they_are_where_others_are_quick(String balancer) {
    Dispatcher front = three(balancer, 34);
    quick(front, 30);
    nodes.pass(1_100);
    quick(front, 30);
    assertTrue(picks(front) < 50, "the workers take a lot");
    block(front, LONG.task("x"));
    assertEven();
  }

  @Test
  void where_they_are_quicker_there_are_not_more_of_them() {
    Dispatcher front = three("round-robin", 34);
    for (int k = 0; k < 60; k++) {
      nodes.pass(20);
      block(front, UNEVEN.task("x")).forEach(each -> nodes.get(each.result()));
    }
    ran.values().forEach(count -> assertEquals(2_000, count, 100, ran::toString));
  }

  @Test
  void quick_tasks_of_a_block_travel_together() {
    Dispatcher front = three("least-requests", 2);
    quick(front, 30);
    nodes.pass(1_100);
    quick(front, 30);
    long picks = picks(front);
    assertTrue(picks <= 25, () -> "picks for 100 tasks: " + picks);
  }

  /** How often somebody was chosen for a block of quick tasks. */
  private long picks(Dispatcher front) {
    long before = chosen(front);
    quick(front, 1);
    return chosen(front) - before;
  }

  private static long chosen(Dispatcher front) {
    return front.figures().choices().values().stream().mapToLong(count -> count).sum();
  }
}
