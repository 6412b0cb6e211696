package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** An owner whose own loop stood still has not listened: it cannot say who was silent. */
class LateLoopTest {

  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());
  private static final long LONGER_THAN_A_LEASE = 4_000_000_000L;

  private final SimNodes nodes =
      new SimNodes().founder("a", STORE, FRONT).founder("v", WORKER).founder("w", WORKER);
  private final List<String> starts = new ArrayList<>();
  private final CompletableFuture<String> held = new CompletableFuture<>();

  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder.handleAsync(
                HOLD,
                (words, ctx) -> {
                  starts.add(ctx.attempt() + " on " + ctx.node());
                  return held;
                }));
  }

  @Test
  void an_owner_that_stood_still_judges_no_worker() {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    Dispatcher a = start("a");
    start("v");
    start("w");
    nodes.met();
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    nodes.until(() -> starts.size() == 1);

    // Whether the clock or a report is the first that it hears then depends on when it stopped.
    for (int times = 0; times < 10; times++) {
      nodes.pass(3_000 + 53);
      nodes.world().pause(nodes.peer("a"), LONGER_THAN_A_LEASE);
      nodes.pass(7_000);
    }

    TaskId id = nodes.get(handle.accepted());
    TaskStatus status = nodes.get(a.find(id)).orElseThrow();
    assertEquals(1, status.attempt());
    assertEquals(List.of(), status.history());
    assertEquals(0, a.stats().reissued());
    held.complete("done");
    assertEquals("done", nodes.get(handle.result()));
    assertEquals(1, starts.size(), starts::toString);
  }
}
