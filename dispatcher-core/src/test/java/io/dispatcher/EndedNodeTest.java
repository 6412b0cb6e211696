package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that ends itself, because a turn of a loop threw. */
class EndedNodeTest {

  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE, FRONT, WORKER)
          .founded();
  private final Dispatcher a = start("a");
  private final Dispatcher b = start("b");
  private final List<CompletableFuture<String>> held = new ArrayList<>();
  private final Map<String, CompletableFuture<?>> waiting = new LinkedHashMap<>();

  EndedNodeTest() {
    start("c");
    nodes.met();
  }

  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder.handleAsync(
                HOLD,
                (words, context) -> {
                  CompletableFuture<String> open = new CompletableFuture<>();
                  held.add(open);
                  return open;
                }));
  }

  private TaskHandle<String> accepted() {
    TaskHandle<String> handle = a.submit(HOLD.task("unwanted"));
    nodes.get(handle.accepted());
    return handle;
  }

  private void waits(String what, CompletionStage<?> answer) {
    waiting.put(what, answer.toCompletableFuture());
  }

  private void askAll(TaskHandle<String> unwanted, TaskId id, byte[] records) {
    waits("find", a.find(id));
    waits("view", a.view());
    waits("attach", a.attach(id, HOLD).outcome());
    waits("cancel", unwanted.cancel());
    waits("export", a.exportPage(""));
    waits("import", a.importRecords(records));
    waits("letters", a.deadLetters().list(new DeadLetters.Query(DeadLetters.Filter.ALL, 10, null)));
    waits("submit", a.submit(HOLD.task("late")).outcome());
  }

  private void assertAllAreTold() {
    nodes.pass(2_000);
    waiting.forEach(
        (what, answer) -> {
          assertTrue(answer.isDone(), what + " has no answer");
          if (answer.isCompletedExceptionally()) {
            assertInstanceOf(DispatcherException.class, why(answer), what);
          }
        });
  }

  private static Throwable why(CompletableFuture<?> failed) {
    Throwable why = failed.handle((none, error) -> error).join();
    return why instanceof CompletionException ? why.getCause() : why;
  }

  private byte[] exported() {
    String from = "";
    while (from != null) {
      LedgerPage page = nodes.get(b.exportPage(from));
      if (page.records().length > 0) {
        return page.records();
      }
      from = page.next();
    }
    throw new AssertionError("nothing is in the export");
  }

  @ParameterizedTest
  @ValueSource(strings = {"front", "worker"})
  void who_asks_once_its_loops_have_ended_is_told(String loop) {
    TaskId id = nodes.get(a.submit(HOLD.task("x")).accepted());
    TaskHandle<String> unwanted = accepted();
    byte[] records = exported();

    nodes.breakLoop("a", loop);
    askAll(unwanted, id, records);

    assertAllAreTold();
  }

  @ParameterizedTest
  @ValueSource(strings = {"front", "worker"})
  void who_waits_as_it_ends_is_told(String loop) {
    TaskHandle<String> handle = a.submit(HOLD.task("x"));
    TaskId id = nodes.get(handle.accepted());
    TaskHandle<String> unwanted = accepted();
    byte[] records = exported();
    waits("submitted", handle.outcome());

    askAll(unwanted, id, records);
    nodes.breakLoop("a", loop);

    assertAllAreTold();
    assertInstanceOf(DispatcherClosed.class, why(waiting.get("submitted")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"front", "worker"})
  void its_tasks_go_on_elsewhere(String loop) {
    TaskId id = nodes.get(a.submit(HOLD.task("x")).accepted());
    nodes.until(() -> held.size() == 1);

    nodes.breakLoop("a", loop);

    TaskHandle<String> elsewhere = b.attach(id, HOLD);
    nodes.until(
        () -> {
          held.forEach(open -> open.complete("done"));
          return nodes.done(elsewhere);
        });
    assertEquals("done", nodes.get(elsewhere.result()));
  }
}
