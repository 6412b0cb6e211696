package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** More nodes die at once than there are copies: what an owner that lives does about its tasks. */
class LedgerLossTest {

  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());
  private static final int TASKS = 30;

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT)
          .founder("b", STORE)
          .founder("c", STORE)
          .founder("w", WORKER);
  private final List<CompletableFuture<String>> held = new ArrayList<>();
  private LedgerFaults ledger;
  private final Set<String> started = new HashSet<>();

  private Dispatcher start() {
    nodes.founded();
    Dispatcher a = nodes.start("a", builder -> builder);
    nodes.start("b", builder -> builder);
    nodes.start("c", builder -> builder);
    nodes.start(
        "w",
        builder ->
            builder.handleAsync(
                HOLD,
                (words, context) -> {
                  String start = words.strip() + "@" + context.attempt();
                  assertTrue(started.add(start), () -> start + " was started twice");
                  return hold();
                }));
    nodes.met();
    return a;
  }

  /** The same, with a ledger that tells late, and room for all tasks on each of two workers. */
  private Dispatcher startTwoWorkers() {
    nodes.founder("v", WORKER).founded();
    ledger = new LedgerFaults(nodes.cluster("a"));
    Dispatcher a = nodes.start("a", builder -> builder.cluster(ledger));
    nodes.start("b", builder -> builder);
    nodes.start("c", builder -> builder);
    for (String worker : List.of("v", "w")) {
      nodes.start(
          worker,
          builder ->
              builder
                  .handleAsync(HOLD, (words, context) -> hold())
                  .pool("default", TASKS, nodes.threads(worker)));
    }
    nodes.met();
    return a;
  }

  private CompletionStage<String> hold() {
    CompletableFuture<String> end = new CompletableFuture<>();
    held.add(end);
    return end;
  }

  private List<TaskHandle<String>> submit(Dispatcher front, int together) {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < TASKS; i++) {
      // Some lie beside their block.
      String words = "t" + i + (i % 3 == 0 ? " ".repeat(5_000) : "");
      Task<String, String> task = HOLD.task(words);
      handles.add(front.submit(i % 4 == 1 ? task.idempotencyKey("key " + i) : task));
      nodes.pass(i % together == together - 1 ? 5 : 0);
    }
    handles.forEach(handle -> nodes.get(handle.accepted()));
    return handles;
  }

  private void allEnd(List<TaskHandle<String>> handles) {
    for (TaskHandle<String> handle : handles) {
      nodes.until(
          () -> {
            List.copyOf(held).forEach(end -> end.complete("done"));
            return handle.result().toCompletableFuture().isDone();
          });
      assertEquals("done", nodes.get(handle.result()));
    }
  }

  @Test
  void an_owner_puts_back_what_the_ledger_has_lost() {
    Dispatcher a = start();
    List<TaskHandle<String>> handles = submit(a, 1);

    nodes.world().kill(nodes.peer("b"));
    nodes.world().kill(nodes.peer("c"));
    nodes.pass(2_000);
    assertEquals("no majority", a.readiness().reason());
    nodes.joiner("d", STORE).joiner("e", STORE);
    nodes.start("d", builder -> builder);
    nodes.start("e", builder -> builder);
    long back = nodes.millis();

    allEnd(handles);
    assertTrue(
        nodes.millis() - back < 30_000, "owners wait for no copy of what they know themselves");
    Stats stats = a.stats();
    assertEquals(0, stats.lost());
    assertTrue(stats.ledgerLosses() > 0, stats::toString);
    assertTrue(stats.recreated() > 0, stats::toString);
    assertTrue(stats.recreated() < TASKS, "what was not lost was put back too");
  }

  /** The answer to the write that puts a block back may come after all that follows from it. */
  @Test
  void what_another_write_has_told_of_a_block_put_back_stands() {
    Dispatcher a = startTwoWorkers();
    List<TaskHandle<String>> handles = submit(a, 5);
    ledger.keepsBack(Change.Create.class);
    ledger.keepsBack(Change.Reissue.class);

    nodes.world().kill(nodes.peer("v"));
    nodes.world().kill(nodes.peer("b"));
    nodes.world().kill(nodes.peer("c"));
    nodes.pass(2_000);
    nodes.joiner("d", STORE).joiner("e", STORE);
    nodes.start("d", builder -> builder);
    nodes.start("e", builder -> builder);
    nodes.until(() -> ledger.keptBack(Change.Create.class) > 0);
    nodes.pass(1_000);
    ledger.tells(Change.Reissue.class);
    nodes.pass(3_000);
    ledger.tells(Change.Create.class);

    allEnd(handles);
  }

  /** Each write of a lost block that finds nothing has to wait for the word of the loss. */
  @Test
  void word_of_a_loss_may_come_after_all_workers_of_a_block_have_died() {
    Dispatcher a = startTwoWorkers();
    List<TaskHandle<String>> handles = submit(a, 5);
    ledger.keepsLossesBack();

    List.of("v", "w", "b", "c").forEach(node -> nodes.world().kill(nodes.peer(node)));
    nodes.pass(2_000);
    nodes.joiner("d", STORE).joiner("e", STORE).joiner("u", WORKER);
    nodes.start("d", builder -> builder);
    nodes.start("e", builder -> builder);
    nodes.start("u", builder -> builder.handleAsync(HOLD, (words, context) -> hold()));
    nodes.until(() -> ledger.gone() > 0);
    nodes.pass(500);
    ledger.tellsLosses();

    allEnd(handles);
    assertEquals(0, a.stats().lost());
    assertTrue(a.stats().recreated() > 0);
  }

  /** A node that was cut off has put back a copy of before the tasks went out again. */
  @Test
  void an_older_copy_that_came_back_is_what_counts() {
    Dispatcher a = startTwoWorkers();
    List<TaskHandle<String>> handles = submit(a, 5);
    Map<TaskId, Block> older = new LinkedHashMap<>();
    handles.forEach(
        handle -> {
          TaskId id = nodes.get(handle.accepted());
          older.put(id, nodes.block(id, "a"));
        });
    List.of("v", "w").forEach(node -> nodes.world().kill(nodes.peer(node)));
    nodes.until(() -> a.stats().reissued() == TASKS);
    ledger.keepsLossesBack();
    List.of("b", "c").forEach(node -> nodes.world().kill(nodes.peer(node)));
    nodes.pass(2_000);
    nodes.joiner("d", STORE).joiner("e", STORE).joiner("u", WORKER);
    nodes.start("d", builder -> builder);
    nodes.start("e", builder -> builder);
    nodes.until(nodes.world()::open);
    older.forEach((id, block) -> nodes.putBack(id, block, "a"));
    ledger.tellsLosses();
    nodes.start("u", builder -> builder.handleAsync(HOLD, (words, context) -> hold()));

    allEnd(handles);
    assertEquals(0, a.stats().lost());
  }
}
