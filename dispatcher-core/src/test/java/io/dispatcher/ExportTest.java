package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.Outcome;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
      List<LedgerPage> pages = new ArrayList<>();
      String from = "";
      while (from != null) {
        LedgerPage page = nodes.get(b.exportPage(from));
        pages.add(page);
        from = page.next();
      }
      return pages;
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

  @Test
  void all_tasks_go_on_under_their_ids_with_their_checkpoints_and_no_attempt_is_wasted() {
    Town old = new Town(false);
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

  @Test
  void what_may_run_while_it_is_exported_gets_a_raised_attempt() {
    Town old = new Town();
    TaskId id = old.submit(HOLD.task("x"));
    old.nodes.until(() -> old.starts.size() == 1);
    List<LedgerPage> pages = old.export();
    Town fresh = new Town();

    fresh.bring(pages);
    fresh.finish(List.of(id));

    assertEquals(List.of("x 2"), fresh.starts);
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
  }
}
