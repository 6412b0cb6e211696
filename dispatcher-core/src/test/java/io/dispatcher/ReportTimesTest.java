package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Message;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** When a worker tells the fronts what it has. */
class ReportTimesTest {

  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());

  private final SimNodes nodes = new SimNodes();
  private final List<Long> reports = new ArrayList<>();

  /** All at once, the fronts would all run to whoever has little to do. */
  @Test
  void while_there_is_work_each_front_is_told_at_a_time_of_its_own() {
    for (String name : List.of("a", "b", "c", "d")) {
      nodes.founder(name, STORE, FRONT);
    }
    nodes.founded().joiner("w", WORKER);
    Dispatcher front = null;
    for (String name : List.of("a", "b", "c", "d")) {
      front = nodes.start(name, builder -> builder);
    }
    nodes.start(
        "w", builder -> builder.handleAsync(HOLD, (words, ctx) -> new CompletableFuture<>()));
    nodes.met();
    nodes.get(front.submit(HOLD.task("x")).accepted());
    nodes.pass(3_000);

    nodes
        .world()
        .codec(
            frame -> {
              if (frame.message() instanceof Message.Report report && report.room().total() > 0) {
                reports.add(nodes.millis());
              }
              return frame;
            });
    nodes.pass(4_000);

    assertEquals(32, reports.size(), 4, "four fronts, twice a second");
    List<Long> close = new ArrayList<>();
    for (int i = 1; i < reports.size(); i++) {
      if (reports.get(i) - reports.get(i - 1) < 60) {
        close.add(reports.get(i));
      }
    }
    assertTrue(close.isEmpty(), () -> "right after another: " + close + " of " + reports);
  }
}
