package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Tasks that take their node with them, and tasks that are only near when nodes die. */
class PoisonTest {

  private static final TaskType<String, String> BAD = TaskType.of("bad", text(), text());
  private static final TaskType<String, String> GOOD = TaskType.of("good", text(), text());
  private static final TaskType<String, String> WHERE = TaskType.of("where", text(), text());
  private static final TaskType<String, String> STEPS = TaskType.of("steps", text(), text());
  private static final TaskType<String, String> SAME = TaskType.of("same", text(), text());
  private static final TaskType<String, String> HELD = TaskType.of("held", text(), text());
  private static final int STEP_COUNT = 12;

  /** More than lies inside a block. */
  private static final String LARGE = " ".repeat(5_000);

  private final SimNodes nodes = new SimNodes();
  private final List<String> killed = new ArrayList<>();
  private final List<String> begun = new ArrayList<>();
  private final CompletableFuture<String> release = new CompletableFuture<>();
  private int stepsToDeath = Integer.MAX_VALUE;
  private String padding = "";

  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder
                .handleAsync(BAD, (words, ctx) -> bad(ctx))
                .handleAsync(GOOD, (words, ctx) -> good(words, ctx))
                .handle(WHERE, (words, ctx) -> ctx.node())
                .handleAsync(SAME, (words, ctx) -> same(words, ctx))
                .handleAsync(HELD, (words, ctx) -> held(ctx))
                .handleAsync(STEPS, (words, ctx) -> steps(ctx)));
  }

  private CompletionStage<String> bad(TaskContext context) {
    kill(context.node());
    return new CompletableFuture<>();
  }

  private CompletionStage<String> same(String words, TaskContext context) {
    CompletableFuture<String> done = new CompletableFuture<>();
    context.saveAsync(text(), words).thenRun(() -> kill(context.node()));
    return done;
  }

  private void kill(String node) {
    killed.add(node);
    // A moment later, as whatever runs there now is not a simulated process.
    nodes.after(node, 0, () -> nodes.world().kill(nodes.peer(node)));
  }

  private CompletionStage<String> good(String words, TaskContext context) {
    begun.add(words + "@" + context.attempt());
    CompletableFuture<String> done = new CompletableFuture<>();
    nodes.after(context.node(), 200_000_000L, () -> done.complete(words));
    return done;
  }

  private CompletionStage<String> held(TaskContext context) {
    begun.add(context.node());
    return release.copy();
  }

  private CompletionStage<String> steps(TaskContext context) {
    CompletableFuture<String> done = new CompletableFuture<>();
    context
        .lastAsync(text())
        .thenAccept(
            last ->
                step(
                    last.map(saved -> Integer.parseInt(saved.strip())).orElse(0),
                    0,
                    context,
                    done));
    return done;
  }

  private void step(int from, int here, TaskContext context, CompletableFuture<String> done) {
    if (from == STEP_COUNT) {
      done.complete("attempt " + context.attempt());
    } else if (here == stepsToDeath) {
      kill(context.node());
    } else {
      nodes.after(
          context.node(),
          50_000_000L,
          () ->
              context
                  .saveAsync(text(), (from + 1) + padding)
                  .thenRun(() -> step(from + 1, here + 1, context, done)));
    }
  }

  /** Nodes of every role, and the outcomes safe beside them. */
  private void everyRole(String... names) {
    for (String name : names) {
      nodes.founder(name, STORE, FRONT, WORKER);
    }
    found();
  }

  /** A node that owns and runs nothing, and nodes that only run. */
  private Dispatcher ownerOver(String... workers) {
    nodes.founder("a", STORE, FRONT);
    for (String name : workers) {
      nodes.founder(name, WORKER);
    }
    found();
    Dispatcher owner = start("a");
    for (String name : workers) {
      start(name);
    }
    nodes.met();
    return owner;
  }

  private void found() {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
  }

  /** A key whose tasks go to this node first. */
  private String keyOf(String node) {
    Dispatcher front = nodes.dispatcher(node);
    for (int i = 0; i < 100; i++) {
      String key = "k" + i;
      if (nodes.get(front.submit(WHERE.task("?").key(key)).result()).equals(node)) {
        return key;
      }
    }
    throw new AssertionError("no key goes to " + node);
  }

  private static Outcome.Failed<?> failed(Outcome<?> outcome) {
    return assertInstanceOf(Outcome.Failed.class, outcome);
  }

  @Test
  void a_poison_task_is_set_aside_after_three_workers_and_others_finish() {
    Dispatcher a = ownerOver("v", "w", "x", "y", "z");

    List<TaskHandle<String>> others = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      others.add(a.submit(GOOD.task("g" + i)));
    }
    TaskHandle<String> bad = a.submit(BAD.task("x"));
    for (int i = 30; i < 60; i++) {
      others.add(a.submit(GOOD.task("g" + i)));
    }

    Outcome.Failed<?> outcome = failed(nodes.get(bad.outcome()));
    assertEquals(TaskEntry.POISON, outcome.failure().type());
    assertEquals(3, killed.size(), killed::toString);
    assertTrue(
        outcome.failure().message().contains(String.join(", ", killed)),
        outcome.failure().message());
    for (int i = 0; i < others.size(); i++) {
      assertEquals("g" + i, nodes.get(others.get(i).result()));
    }
  }

  /** The owner dies with the worker: only what was written ahead tells of what. */
  @Test
  void a_poison_task_is_set_aside_where_front_and_worker_are_one_node() {
    everyRole("a", "b", "c", "d", "e");
    Dispatcher a = start("a");
    start("b");
    start("c");
    start("d");
    Dispatcher e = start("e");
    nodes.met();

    TaskHandle<String> good = e.submit(GOOD.task("g"));
    TaskId id = nodes.get(a.submit(BAD.task("x").key(keyOf("a"))).accepted());
    nodes.until(() -> killed.size() >= 3);
    assertEquals("a", killed.get(0), "the owner itself");
    List<String> left = new ArrayList<>(List.of("a", "b", "c", "d", "e"));
    left.removeAll(killed);

    Outcome.Failed<?> outcome =
        failed(nodes.get(nodes.dispatcher(left.get(0)).attach(id, BAD).outcome()));
    assertEquals(TaskEntry.POISON, outcome.failure().type());
    nodes.pass(10_000);
    assertEquals(3, killed.size(), killed::toString);
    if (!killed.contains("e")) {
      assertEquals("g", nodes.get(good.result()));
    }
  }

  @Test
  void a_poison_task_that_saves_the_same_each_time_is_set_aside_however_large_that_is() {
    Dispatcher a = ownerOver("s", "t", "u", "v", "w", "x", "y", "z");

    for (String words : List.of("inline", "large" + LARGE)) {
      killed.clear();
      Outcome.Failed<?> outcome = failed(nodes.get(a.submit(SAME.task(words)).outcome()));

      assertEquals(TaskEntry.POISON, outcome.failure().type());
      assertEquals(3, killed.size(), killed::toString);
    }
    // The payload of the dead letter.
    nodes.until(() -> nodes.world().ledger().values().size() == 1);
  }

  /** Their owner does not hear that it gives the task back, and whether it runs nobody says. */
  @Test
  void a_task_is_not_set_aside_because_workers_leave_that_have_begun_it() {
    Dispatcher a = ownerOver("v", "w", "x", "y");

    TaskHandle<String> held = a.submit(HELD.task("x"));
    nodes.until(() -> begun.size() == 1);
    nodes.world().kill(nodes.peer(begun.get(0)));
    for (int leaves = 1; leaves <= 2; leaves++) {
      int seen = leaves + 1;
      nodes.until(() -> begun.size() == seen);
      String leaver = begun.get(leaves);
      nodes.world().cut(nodes.peer(leaver), nodes.peer("a"), false, 2_000_000_000L);
      nodes.get(nodes.dispatcher(leaver).drain(Duration.ofMillis(10)));
      nodes.leave(leaver);
    }
    nodes.until(() -> begun.size() == 4);
    release.complete("done");

    assertEquals("done", nodes.get(held.result()));
    assertEquals(1, nodes.block(nodes.get(held.accepted()), "a").entry(0).deaths());
  }

  @Test
  void a_healthy_task_with_checkpoints_survives_five_deaths() {
    survivesFiveDeaths();
  }

  @Test
  void a_healthy_task_with_large_checkpoints_survives_five_deaths() {
    padding = LARGE;
    survivesFiveDeaths();
    nodes.until(() -> nodes.world().ledger().values().isEmpty());
  }

  private void survivesFiveDeaths() {
    stepsToDeath = 2;
    everyRole("n1", "n2", "n3");
    Dispatcher first = start("n1");
    start("n2");
    start("n3");
    nodes.met();

    TaskId id = nodes.get(first.submit(STEPS.task("x")).accepted());
    for (int death = 1; death <= 5; death++) {
      int seen = death;
      nodes.until(() -> killed.size() == seen);
      if (death == 5) {
        stepsToDeath = Integer.MAX_VALUE;
      }
      nodes.joiner("n" + (3 + death), STORE, FRONT, WORKER);
      start("n" + (3 + death));
    }

    assertEquals("attempt 6", nodes.get(nodes.dispatcher("n8").attach(id, STEPS).result()));
  }

  /** Who adopts has read the block before, and then the one that starts it dies. */
  @Test
  void a_start_that_is_written_ahead_while_the_task_is_adopted_counts() {
    nodes.founder("a", STORE, FRONT).founder("b", STORE, FRONT);
    nodes.founder("w", WORKER).founder("silent", WORKER);
    found();
    Dispatcher a = start("a");
    Dispatcher b = start("b");
    start("w");
    nodes.start("silent", builder -> builder.handleAsync(GOOD, this::good));
    nodes.met();
    TaskId id = nodes.get(a.submit(BAD.task("x")).accepted());
    nodes.until(() -> killed.size() == 1);
    nodes.pass(1_000);
    nodes.world().pause(nodes.peer("silent"), 2_000_000_000L);
    nodes.world().kill(nodes.peer("a"));
    while (!nodes.block(id, "b").owner().equals(nodes.peer("b"))) {
      nodes.pass(5);
    }

    nodes.begin(id, "silent", "b");
    nodes.world().kill(nodes.peer("silent"));
    nodes.pass(4_000);

    List<String> lost =
        nodes.get(b.find(id)).orElseThrow().history().stream()
            .filter(past -> past.cause() == PastAttempt.Cause.NODE_DIED)
            .map(PastAttempt::node)
            .toList();
    assertEquals(List.of("w", "silent"), lost);
  }

  /** Its third node dies while it stands in line behind the one that is to blame. */
  @Test
  void one_suspect_at_a_time() {
    nodes.founder("a", STORE, FRONT);
    nodes.founder("w", WORKER);
    found();
    Dispatcher a = start("a");
    start("w");
    nodes.met();
    TaskHandle<String> one = a.submit(BAD.task("1"));
    TaskHandle<String> two = a.submit(BAD.task("2"));
    TaskHandle<String> good = a.submit(GOOD.task("g"));

    for (int next = 1; !(nodes.done(one) && nodes.done(two)); next++) {
      int seen = killed.size();
      nodes.until(() -> killed.size() > seen || (nodes.done(one) && nodes.done(two)));
      if (killed.size() > seen) {
        nodes.joiner("w" + next, WORKER);
        start("w" + next);
      }
    }

    assertEquals(TaskEntry.POISON, failed(nodes.get(one.outcome())).failure().type());
    assertEquals(TaskEntry.POISON, failed(nodes.get(two.outcome())).failure().type());
    assertEquals("g", nodes.get(good.result()));
    assertTrue(killed.size() <= 6, killed::toString);
  }
}
