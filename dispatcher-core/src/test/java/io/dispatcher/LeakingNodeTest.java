package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.sim.KeptThreads;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node of all roles whose handlers keep its threads. */
class LeakingNodeTest {

  private static final int SLOTS = 16;
  private static final TaskType<String, String> KEEP =
      TaskType.of("keep", text(), text())
          .timeLimit(Duration.ofMillis(500))
          .retries(0)
          .requires("keeps");
  private static final TaskType<String, String> WHERE = TaskType.of("where", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .placed("a", null, Set.of("keeps"), STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE)
          .founded();
  private final KeptThreads threads = new KeptThreads();
  private int started;

  @AfterEach
  void close() {
    threads.close();
  }

  @Test
  void hands_over_what_it_owns_and_starts_nothing_more_of_its_own() {
    Dispatcher a =
        nodes.start(
            "a",
            builder ->
                builder
                    .pool("default", SLOTS, threads.over(nodes.threads("a")))
                    .handle(
                        KEEP,
                        (words, context) -> {
                          started++;
                          threads.keep();
                          return words;
                        })
                    .handle(WHERE, (words, context) -> context.node()));
    nodes.start("b", builder -> builder.handle(WHERE, (words, context) -> context.node()));
    nodes.start("c", builder -> builder);
    nodes.met();
    List<TaskHandle<String>> kept = new ArrayList<>();
    for (int i = 0; i < 5 * SLOTS; i++) {
      kept.add(a.submit(KEEP.task("x")));
    }
    TaskHandle<String> later =
        a.submit(WHERE.task("x").notBefore(Instant.ofEpochMilli(nodes.wallMillis() + 5_000)));
    nodes.get(later.accepted());

    nodes.until(() -> !a.readiness().ready());

    assertTrue(a.readiness().reason().contains("restart it"), a.readiness().reason());
    assertEquals("b", nodes.get(later.result()));
    nodes.pass(20_000);
    assertTrue(started <= 2 * SLOTS, () -> started + " started");
    assertTrue(kept.stream().filter(nodes::done).count() <= started);
  }
}
