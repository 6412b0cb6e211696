package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** A large checkpoint that two attempts of a task have saved lies beside its block once. */
class SharedCheckpointTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final String LARGE = "saved" + " ".repeat(5_000);

  private final SimNodes nodes = new SimNodes();
  private final List<TaskContext> begun = new ArrayList<>();
  private final List<Integer> saved = new ArrayList<>();
  private final CompletableFuture<String> second = new CompletableFuture<>();

  private CompletionStage<String> work(TaskContext context) {
    begun.add(context);
    if (context.attempt() == 3) {
      return context.lastAsync(text()).thenApply(last -> last.orElse("nothing"));
    }
    context.saveAsync(text(), LARGE).thenRun(() -> saved.add(context.attempt()));
    return context.attempt() == 1 ? new CompletableFuture<>() : second;
  }

  private Dispatcher start(String name) {
    return nodes.start(name, builder -> builder.handleAsync(WORK, (words, ctx) -> work(ctx)));
  }

  @Test
  void an_attempt_that_was_overtaken_leaves_it_to_the_next_one() {
    nodes.founder("a", STORE, FRONT).founder("v", WORKER).founder("w", WORKER);
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    Dispatcher a = start("a");
    start("v");
    start("w");
    nodes.met();
    TaskHandle<String> handle = a.submit(WORK.task("x"));
    nodes.until(() -> saved.size() == 1);
    String frozen = begun.get(0).node();
    List<Throwable> refused = new ArrayList<>();
    nodes.after(
        frozen,
        0,
        () ->
            begun
                .get(0)
                .saveAsync(text(), "other" + LARGE)
                .whenComplete((nothing, error) -> refused.add(error)));
    nodes.until(() -> nodes.world().ledger().values().size() == 2);
    nodes.world().pause(nodes.peer(frozen), 6_000_000_000L);
    nodes.until(() -> saved.size() == 2);
    assertEquals(List.of(1, 2), saved);

    // What it had begun to save is refused, and what it has stored for that is dropped.
    nodes.until(() -> refused.size() == 1 && nodes.world().ledger().values().size() == 1);
    second.completeExceptionally(new IllegalStateException("once"));

    assertEquals(LARGE, nodes.get(handle.result()));
    nodes.until(() -> nodes.world().ledger().values().isEmpty());
  }
}
