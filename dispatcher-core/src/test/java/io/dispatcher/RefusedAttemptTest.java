package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.task.StaleAttempt;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** What a worker has is not what the ledger has: nobody waits for it. */
class RefusedAttemptTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT)
          .founder("b", STORE, FRONT)
          .founder("c", STORE)
          .founder("w", WORKER)
          .founded();
  private final List<String> started = new ArrayList<>();
  private final Promises promises = new Promises();
  private final List<Throwable> refused = new ArrayList<>();
  private final CompletableFuture<Void> saves = new CompletableFuture<>();
  private final Dispatcher a = nodes.start("a", builder -> builder);
  private final Dispatcher b = nodes.start("b", builder -> builder);

  RefusedAttemptTest() {
    nodes.start("c", builder -> builder);
    nodes.start(
        "w",
        builder ->
            builder.handleAsync(
                WORK,
                (words, context) -> {
                  started.add(words + "@" + context.attempt());
                  if (context.attempt() == 1) {
                    saves
                        .thenCompose(now -> context.saveAsync(text(), "half"))
                        .whenComplete((saved, error) -> refused.add(error));
                  }
                  return promises.next();
                }));
    nodes.met();
  }

  @Test
  void a_refused_checkpoint_is_told_to_the_owner() {
    TaskHandle<String> handle = a.submit(WORK.task("x"));
    TaskId id = nodes.get(handle.accepted());
    nodes.until(() -> started.size() == 1);
    nodes.raise(id, "a");

    saves.complete(null);

    nodes.until(() -> started.size() == 2);
    assertEquals(List.of("x@1", "x@2"), started);
    Throwable why = refused.get(0);
    assertEquals(
        StaleAttempt.class,
        (why instanceof CompletionException ? why.getCause() : why).getClass(),
        () -> String.valueOf(why));
    promises.get(1).complete("done");
    assertEquals("done", nodes.get(handle.result()));
  }

  @Test
  void what_is_submitted_anew_under_its_key_runs_where_the_one_before_was_not_stopped() {
    Task<String, String> first = WORK.task("x").idempotencyKey("k");
    TaskId id = nodes.get(a.submit(first).accepted());
    nodes.until(() -> started.size() == 1);
    nodes.settle(id, "a");
    nodes.delete(id, "a");

    TaskHandle<String> again = b.submit(WORK.task("y").idempotencyKey("k"));

    nodes.until(() -> started.size() == 2);
    assertEquals(List.of("x@1", "y@1"), started);
    promises.get(1).complete("done");
    assertEquals("done", nodes.get(again.result()));
  }
}
