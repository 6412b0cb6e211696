package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.ledger.Archive;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A whole cluster stops, and its tasks go on in another one. */
class ExportTest {

  private static final TaskType<String, String> HOLD =
      TaskType.of("hold", text(), text()).retention(Duration.ofMinutes(5));
  private static final TaskType<String, String> LATER = TaskType.of("later", text(), text());
  private static final TaskType<String, String> STEPS = TaskType.of("steps", text(), text());

  /** One cluster of two nodes. */
  private static final class Town {
    private final SimNodes nodes =
        new SimNodes().founder("a", STORE, FRONT, WORKER).founder("b", STORE, FRONT, WORKER);
    private final TreeMap<String, CompletableFuture<String>> held = new TreeMap<>();
    private final List<String> starts = new ArrayList<>();
    private final boolean later;
    private final Dispatcher a;
    private final Dispatcher b;

    Town() {
      this(true);
    }

    /**
     * @param later whether somebody handles that type
     */
    Town(boolean later) {
      this.later = later;
      nodes.world().vault("v1");
      nodes.world().vault("v2");
      nodes.founded();
      a = nodes.start("a", this::works);
      b = nodes.start("b", this::works);
      nodes.met();
    }

    private Dispatcher.Builder works(Dispatcher.Builder builder) {
      if (later) {
        builder.handleAsync(LATER, this::hold);
      }
      return builder
          .declare("later", TaskOptions.NONE)
          .handleAsync(HOLD, this::hold)
          .handleAsync(STEPS, this::steps);
    }

    private CompletionStage<String> hold(String words, TaskContext context) {
      String start = words.strip() + " " + context.attempt();
      starts.add(start);
      return held.computeIfAbsent(words.strip(), key -> new CompletableFuture<>());
    }

    private CompletionStage<String> steps(String words, TaskContext context) {
      return context
          .lastAsync(text())
          .thenCompose(
              last -> {
                starts.add(words + " " + context.attempt() + " from " + last.orElse("0").strip());
                String large = (last.isPresent() ? "2" : "1") + " ".repeat(6_000);
                return context
                    .saveAsync(text(), large)
                    .thenCompose(
                        saved -> held.computeIfAbsent(words, key -> new CompletableFuture<>()));
              });
    }

    TaskId submit(Task<String, String> task) {
      return nodes.get(a.submitDetached(task).accepted());
    }

    void quiet() {
      List.of(a.drain(Duration.ofSeconds(1)), b.drain(Duration.ofSeconds(1))).forEach(nodes::get);
      nodes.pass(1_500);
    }

    List<LedgerPage> export() {
      return export(b);
    }

    List<LedgerPage> export(Dispatcher front) {
      return ExportTest.export(from -> nodes.get(front.exportPage(from)));
    }

    Imported bring(List<LedgerPage> pages) {
      Imported all = Imported.NOTHING;
      for (LedgerPage page : pages) {
        all = all.plus(nodes.get(a.importRecords(page.records())));
      }
      return all;
    }

    /** Lets everything that waits run to its end. */
    void finish(List<TaskId> ids) {
      for (TaskId id : ids) {
        CompletableFuture<Outcome<String>> outcome =
            b.attach(id, HOLD).outcome().toCompletableFuture();
        nodes.until(
            () -> {
              List.copyOf(held.values()).forEach(open -> open.complete("done"));
              return outcome.isDone();
            });
        assertEquals(TaskState.SUCCEEDED, outcome.join().state());
      }
    }
  }

  private static List<LedgerPage> export(Function<String, LedgerPage> next) {
    List<LedgerPage> pages = new ArrayList<>();
    String from = "";
    while (from != null) {
      LedgerPage page = next.apply(from);
      pages.add(page);
      assertTrue(pages.size() < 50, "it never ends");
      from = page.next();
    }
    return pages;
  }

  @Test
  void all_tasks_go_on_under_their_ids_with_their_checkpoints_and_no_attempt_is_wasted() {
    Town old = new Town(false);
    // Who has just come does not know who has just gone.
    old.nodes.pass(61_000);
    TaskId done = old.submit(HOLD.task("early").idempotencyKey("k1"));
    old.nodes.until(() -> old.starts.size() == 1);
    old.held.get("early").complete("done early");
    old.nodes.get(old.b.attach(done, HOLD).result());
    TaskId steps = old.submit(STEPS.task("s"));
    old.nodes.until(() -> old.starts.contains("s 1 from 0"));
    old.nodes.pass(200);
    List<TaskId> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      waiting.add(old.submit(HOLD.task("t" + i + (i % 3 == 0 ? " ".repeat(9_000) : ""))));
    }
    waiting.add(old.submit(LATER.task("later")));
    TaskId keyed = old.submit(HOLD.task("keyed").idempotencyKey("k2"));
    old.quiet();
    List<String> before = List.copyOf(old.starts);
    List<LedgerPage> pages = old.export();

    Town fresh = new Town();
    Imported imported = fresh.bring(pages);
    assertEquals(new Imported(23, 1, 0, 0), imported);
    assertEquals("done early", fresh.nodes.get(fresh.b.attach(done, HOLD).result()));
    assertEquals(
        keyed,
        fresh.nodes.get(
            fresh.a.submitDetached(HOLD.task("keyed").idempotencyKey("k2")).accepted()));
    fresh.finish(waiting);
    fresh.finish(List.of(keyed, steps));

    for (String start : fresh.starts) {
      String task = start.split(" ")[0];
      long earlier = before.stream().filter(s -> s.split(" ")[0].equals(task)).count();
      assertTrue(
          start.startsWith("s ")
              ? start.equals("s 2 from 1")
              : Integer.parseInt(start.split(" ")[1]) <= earlier + 2,
          start + " after " + before);
    }
    // What nobody ever had keeps its attempt.
    assertTrue(fresh.starts.contains("later 1"), fresh.starts::toString);
    assertEquals(23, fresh.starts.size(), fresh.starts::toString);
  }

  @Test
  void to_import_again_changes_nothing() {
    Town old = new Town();
    TaskId id = old.submit(HOLD.task("x"));
    old.nodes.until(() -> old.starts.size() == 1);
    old.quiet();
    List<LedgerPage> pages = old.export();
    Town fresh = new Town();

    fresh.bring(pages);
    fresh.nodes.until(() -> fresh.starts.size() == 1);
    assertEquals(new Imported(0, 0, 1, 0), fresh.bring(pages));
    fresh.finish(List.of(id));
    assertEquals(new Imported(0, 0, 1, 0), fresh.bring(pages));

    fresh.nodes.pass(5_000);
    assertEquals(1, fresh.starts.size(), fresh.starts::toString);
  }

  /** How the task starts in a cluster that takes these in. */
  private static List<String> startsAfterwards(List<LedgerPage> pages, TaskId id) {
    Town fresh = new Town();
    fresh.bring(pages);
    fresh.finish(List.of(id));
    return fresh.starts;
  }

  @Test
  void what_may_run_while_it_is_exported_gets_a_raised_attempt() {
    Town old = new Town();
    TaskId id = old.submit(HOLD.task("x"));
    old.nodes.until(() -> old.starts.size() == 1);
    List<LedgerPage> pages = old.export();

    assertEquals(List.of("x 2"), startsAfterwards(pages, id));
  }

  @Test
  void what_ran_under_an_owner_that_has_left_gets_a_raised_attempt() {
    Town old = new Town();
    TaskId id = old.submit(HOLD.task("x"));
    old.nodes.until(() -> old.starts.size() == 1);
    // Its heir does not know yet, and asks nobody what became of it.
    old.nodes.handOver(id, "a", "b");
    old.quiet();
    old.nodes.leave("a");
    old.nodes.pass(1_000);
    List<LedgerPage> pages = old.export();

    assertEquals(List.of("x 2"), startsAfterwards(pages, id));
  }

  @Test
  void what_started_by_a_clock_that_is_ahead_gets_a_raised_attempt() {
    Town old = new Town();
    Instant soon = Instant.ofEpochMilli(old.nodes.wallMillis() + 1_000);
    TaskId id = old.submit(HOLD.task("a").notBefore(soon));
    TaskId other = old.nodes.get(old.b.submitDetached(HOLD.task("b").notBefore(soon)).accepted());
    old.nodes.until(() -> old.starts.size() == 1);
    // By the other's clock it is not due yet.
    List<LedgerPage> pages = old.export(old.starts.get(0).startsWith("a") ? old.b : old.a);
    assertEquals(1, old.starts.size());
    Town fresh = new Town();

    fresh.bring(pages);
    fresh.finish(List.of(id, other));

    assertEquals(Set.of("a 2", "b 2"), Set.copyOf(fresh.starts));
  }

  @Test
  void the_newer_export_wins() {
    Town old = new Town();
    TaskId id = old.submit(HOLD.task("x"));
    old.nodes.until(() -> old.starts.size() == 1);
    List<LedgerPage> early = old.export();
    old.held.get("x").complete("the outcome");
    TaskHandle<String> handle = old.b.attach(id, HOLD);
    old.nodes.get(handle.outcome());
    List<LedgerPage> late = old.export();
    Town fresh = new Town();

    assertEquals(new Imported(0, 1, 0, 0), fresh.bring(late));
    assertEquals(new Imported(0, 0, 1, 0), fresh.bring(early));

    assertEquals("the outcome", fresh.nodes.get(fresh.b.attach(id, HOLD).result()));
    assertEquals(List.of(), fresh.starts);
  }

  @Test
  void what_is_no_export_is_refused_whole() {
    Town old = new Town();
    old.submit(HOLD.task("x"));
    byte[] records =
        old.export().stream()
            .map(LedgerPage::records)
            .filter(r -> r.length > 0)
            .findFirst()
            .orElseThrow();
    byte[] cut = Arrays.copyOf(records, records.length - 3);
    byte[] damaged = records.clone();
    damaged[records.length / 2] ^= 4;
    byte[] foreign = "this is something else".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    for (byte[] bad : List.of(cut, damaged, foreign)) {
      String why =
          assertThrows(IllegalArgumentException.class, () -> old.a.importRecords(bad)).getMessage();
      assertTrue(why.contains("record 1"), why);
    }
    assertThrows(
        java.util.concurrent.CompletionException.class,
        () -> old.nodes.get(old.a.exportPage("nonsense")));
    assertThrows(
        java.util.concurrent.CompletionException.class,
        () -> old.nodes.get(old.a.exportPage("0.0.0.0.-1.0")));
  }

  // ---------------------------------------------------------------- values that are not found

  /** One node whose tasks wait for a handler, in a ledger of one part. */
  private static final class Lonely implements AutoCloseable {
    private final LedgerFaults cluster = new LedgerFaults(LocalCluster.start());
    private final Dispatcher dispatcher =
        Dispatcher.builder().cluster(cluster).declare("later", TaskOptions.NONE).start();
    private final Set<TaskId> unfinished = new HashSet<>();
    private final Set<ValueId> needed = new HashSet<>();
    private final Set<ValueId> told = new HashSet<>();

    TaskId accepted(TaskHandle<String> handle) {
      return handle.accepted().toCompletableFuture().join();
    }

    /** Which tasks share one is up to the clock: tasks are submitted until three do. */
    BlockId blockOfSeveral(Map<TaskId, TaskHandle<String>> handles) {
      List<Task<String, String>> tasks = Collections.nCopies(40, LATER.task("x".repeat(5_000)));
      for (int round = 0; round < 100; round++) {
        dispatcher.submitAll(tasks).forEach(each -> handles.put(accepted(each), each));
        Map<BlockId, Long> sizes =
            handles.keySet().stream()
                .map(id -> TaskRef.of(id).orElseThrow().block())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        for (Map.Entry<BlockId, Long> each : sizes.entrySet()) {
          if (each.getValue() >= 3) {
            return each.getKey();
          }
        }
      }
      throw new AssertionError("no three of " + handles.size() + " tasks share a block");
    }

    void export() throws IOException {
      for (LedgerPage page :
          ExportTest.export(from -> dispatcher.exportPage(from).toCompletableFuture().join())) {
        for (Archive.Item item : Archive.read(page.records())) {
          if (item.block() == null) {
            told.add(item.value());
          } else {
            open(item.block());
          }
        }
      }
    }

    private void open(Block block) {
      for (int i = 0; i < block.size(); i++) {
        if (!block.entry(i).isFinal()) {
          unfinished.add(block.id().task(i));
          needed.add(block.entry(i).payload().stored());
        }
      }
    }

    @Override
    public void close() {
      dispatcher.close(Duration.ZERO);
    }
  }

  @Test
  void what_was_read_with_a_block_whose_value_is_not_found_is_in_the_export() throws Exception {
    try (Lonely old = new Lonely()) {
      String large = " ".repeat(16_000);
      Set<TaskId> ids = new HashSet<>();
      for (int i = 0; i < 150; i++) {
        ids.add(old.accepted(old.dispatcher.submit(LATER.task(i + large).idempotencyKey("k" + i))));
      }
      old.cluster.misses(any -> true, () -> CompletableFuture.completedFuture(null));

      old.export();

      assertTrue(old.cluster.missed());
      assertEquals(ids.size(), old.unfinished.size());
      assertEquals(ids, old.unfinished);
      assertTrue(old.told.containsAll(old.needed));
    }
  }

  @Test
  void of_a_block_that_changes_meanwhile_each_value_that_it_needs_is_in_the_export()
      throws Exception {
    try (Lonely old = new Lonely()) {
      Map<TaskId, TaskHandle<String>> handles = new HashMap<>();
      BlockId block = old.blockOfSeveral(handles);
      TaskHandle<String> first = handles.remove(block.task(0));
      TaskHandle<String> second = handles.remove(block.task(1));
      old.cluster.misses(
          id -> id.block().equals(block) && id.index() == 1,
          () -> first.cancel().thenCombine(second.cancel(), Boolean::logicalAnd));

      old.export();

      assertTrue(old.cluster.missed());
      assertEquals(handles.keySet(), old.unfinished);
      assertTrue(old.told.containsAll(old.needed));
    }
  }

  @Test
  void a_value_that_is_never_found_fails_the_export_and_does_not_hold_it_for_ever() {
    Town old = new Town(false);
    TaskId id = old.submit(LATER.task("x".repeat(20_000)));
    old.nodes.losePayload(id, "a");

    String why =
        assertThrows(java.util.concurrent.CompletionException.class, old::export).getMessage();

    assertTrue(why.contains("a value of block"), why);
  }

  /** Its owner has died between the value and the task, and the heir keeps it for its retention. */
  @Test
  void an_outcome_that_was_being_forgotten_does_not_hold_the_export_up() {
    Town old = new Town();
    TaskId forgotten = old.submit(HOLD.task("x"));
    TaskId kept = old.submit(HOLD.task("y"));
    old.nodes.until(() -> old.held.size() == 2);
    old.held.values().forEach(open -> open.complete("done".repeat(10_000)));
    for (TaskId id : List.of(forgotten, kept)) {
      old.nodes.until(() -> old.nodes.get(old.a.find(id)).orElseThrow().state().isFinal());
    }
    old.nodes.loseResult(forgotten, "a");
    List<LedgerPage> pages = old.export();
    Town fresh = new Town();

    assertEquals(new Imported(0, 1, 0, 0), fresh.bring(pages));
    assertEquals(TaskState.REMOVED, fresh.nodes.get(fresh.b.find(forgotten)).orElseThrow().state());
    assertEquals("done".repeat(10_000), fresh.nodes.get(fresh.b.attach(kept, HOLD).result()));
  }

  /** An owner deletes all results of a block before the block. */
  @Test
  void many_results_that_are_no_more_do_not_hold_the_export_up() {
    Town old = new Town();
    List<TaskId> ids = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ids.add(old.submit(HOLD.task("x" + i)));
    }
    old.nodes.until(() -> old.held.size() == 4);
    old.held.values().forEach(open -> open.complete("done".repeat(10_000)));
    for (TaskId id : ids) {
      old.nodes.until(() -> old.nodes.get(old.a.find(id)).orElseThrow().state().isFinal());
      old.nodes.loseResult(id, "a");
    }
    Town fresh = new Town();

    assertEquals(Imported.NOTHING, fresh.bring(old.export()));
  }

  @Test
  void how_a_task_failed_is_exported_though_its_payload_is_no_more() {
    Town old = new Town();
    TaskId id = old.submit(HOLD.task("x".repeat(20_000)).retries(0));
    old.nodes.until(() -> old.held.size() == 1);
    old.nodes.losePayload(id, "a");
    old.held.values().forEach(open -> open.completeExceptionally(new IllegalStateException("no")));
    old.nodes.until(() -> old.nodes.get(old.a.find(id)).orElseThrow().state().isFinal());
    Town fresh = new Town();

    fresh.bring(old.export());
    assertEquals(TaskState.FAILED, fresh.nodes.get(fresh.b.find(id)).orElseThrow().state());
  }
}
