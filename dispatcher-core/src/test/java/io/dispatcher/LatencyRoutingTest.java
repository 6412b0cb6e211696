package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What {@code latency} learns of the workers, in virtual time. */
class LatencyRoutingTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, WORKER)
          .founder("slow", STORE, WORKER)
          .founded();
  private final Map<String, Integer> ran = new HashMap<>();
  private final List<Runnable> ends = new ArrayList<>();
  private int mixed;
  private final Dispatcher front = start("a");

  LatencyRoutingTest() {
    start("b");
    start("slow");
    nodes.met();
  }

  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder
                .balancer("latency")
                .handleAsync(
                    WORK,
                    (words, ctx) -> {
                      ran.merge(ctx.node(), 1, Integer::sum);
                      CompletableFuture<String> result = new CompletableFuture<>();
                      boolean now =
                          words.equals("fails") || (words.equals("mixed") && ++mixed % 3 == 0);
                      if (now && ctx.node().equals("slow")) {
                        result.completeExceptionally(new IllegalStateException("on purpose"));
                      } else {
                        boolean slow = ctx.node().equals("slow") && !words.equals("mixed");
                        long due = nodes.millis() + (slow ? 1000 : 20);
                        ends.add(
                            () -> {
                              if (nodes.millis() >= due) {
                                result.complete(words);
                              }
                            });
                      }
                      return result;
                    }));
  }

  /** Keeps so many tasks in the system, for a while. */
  private void run(String words, int outstanding, int tasks) {
    List<TaskHandle<String>> open = new ArrayList<>();
    for (int begun = 0; begun < tasks || !open.isEmpty(); ) {
      while (begun < tasks && open.size() < outstanding) {
        open.add(front.submit(WORK.task(words).retries(50)));
        begun++;
      }
      nodes.pass(5);
      List.copyOf(ends).forEach(Runnable::run);
      open.removeIf(handle -> handle.outcome().toCompletableFuture().isDone());
    }
  }

  @Test
  void a_slow_worker_gets_little() {
    run("x", 3, 60);
    ran.clear();
    run("x", 3, 600);
    int slow = ran.getOrDefault("slow", 0);
    // Fair by number would be 200, fair by speed 6.
    assertTrue(slow <= 20, () -> ran.toString());
  }

  @Test
  void a_worker_that_fails_fast_does_not_attract_work() {
    run("fails", 3, 60);
    ran.clear();
    run("fails", 3, 300);
    assertTrue(ran.getOrDefault("slow", 0) <= 30, () -> ran.toString());
  }

  /** Too seldom to be ejected; and those that succeed take as long as anywhere. */
  @Test
  void nor_does_one_on_which_some_fail_fast() {
    run("mixed", 3, 60);
    ran.clear();
    run("mixed", 3, 300);
    assertTrue(ran.getOrDefault("slow", 0) <= 60, () -> ran.toString());
  }
}
