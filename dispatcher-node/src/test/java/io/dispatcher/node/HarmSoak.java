package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Handlers that harm the process they run in, {@code -Dsoak.harmful} of them at once, on workers
 * beside three stores; whatever ends is started again. All the time other tasks run beside them,
 * which must not be harmed.
 */
class HarmSoak {
  private static final int HARMFUL = Integer.getInteger("soak.harmful", 4);
  private static final int STORES = 3;
  private static final int LITES = 4;
  private static final int SLOTS = 4;
  private static final int OUTSTANDING = 30;
  private static final int MOST_DEATHS = 3;
  private static final int MOST_LEAKED = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  private final KillTally tally = new KillTally();
  private final ConcurrentLinkedQueue<DemoTally.Start> steps = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> stepNodes = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> ends = new ConcurrentLinkedQueue<>();
  private final SoakNodes nodes =
      new SoakNodes(STORES, this::started, TestJvm.options("-Xmx256m")).lites("-Xmx96m");
  private volatile boolean over;
  private List<String> workers = List.of();
  private @Nullable Dispatcher joined;

  private void startLites() {
    startStores(Set.of(Role.STORE));
    workers = IntStream.rangeClosed(1, LITES).mapToObj(i -> "worker-" + i).toList();
    workers.forEach(this::startWorker);
    awaitWorkers();
  }

  private void startStores(Set<Role> roles) {
    for (int i = 0; i < STORES; i++) {
      startStore(i, roles);
    }
    nodes.awaitReady();
    ClusterOptions options = nodes.front().build();
    joined = Dispatcher.builder().cluster(VertxCluster.join(options)).listener(tally).start();
  }

  private Dispatcher front() {
    return Objects.requireNonNull(joined, "joined");
  }

  @AfterEach
  void end() {
    over = true;
    if (joined != null) {
      joined.close();
    }
    nodes.close();
  }

  /** Steps of a long task have their number after the id: they are no starts. */
  private void started(String node, DemoTally.Start start) {
    if (start.id().contains("/")) {
      stepNodes.add(node);
      steps.add(start);
    } else {
      tally.started(node, start);
    }
  }

  private void startWorker(String name) {
    nodes.startOther(name, Set.of(Role.WORKER), "--slots=" + SLOTS);
    again(name, () -> startWorker(name));
  }

  private void startStore(int index, Set<Role> roles) {
    nodes.startStore(index, roles, "--slots=" + SLOTS);
    again("node-" + (index + 1), () -> startStore(index, roles));
  }

  private void again(String name, Runnable start) {
    nodes.onExit(
        name,
        code -> {
          if (!over) {
            ends.add(name + " " + code);
            start.run();
          }
        });
  }

  private void awaitWorkers() {
    await("all workers").atMost(PATIENCE).until(() -> front().stats().workers() == workers.size());
  }

  @Test
  void poison_is_set_aside() throws Exception {
    startLites();
    SlowLoad others = SlowLoad.start(front(), tally, OUTSTANDING);
    awaitLoad();

    List<Outcome<String>> outcomes = run(HarmfulWork.HALT, "500", HARMFUL);

    for (Outcome<String> outcome : outcomes) {
      Outcome.Failed<String> failed = assertInstanceOf(Outcome.Failed.class, outcome);
      assertEquals("io.dispatcher.Poison", failed.failure().type());
      TaskStatus status = status(failed);
      assertEquals(MOST_DEATHS, deaths(status), status::toString);
      SoakReport.say("poison of %d attempts: %s", failed.attempts(), failed.failure().message());
    }
    SoakReport.say("%d poison tasks ended %d processes: %s", HARMFUL, ends.size(), ends);
    assertTrue(ends.size() <= MOST_DEATHS * HARMFUL, ends::toString);
    assertTrue(
        ends.stream().allMatch(end -> end.endsWith(" " + HarmfulWork.HALTED)), ends::toString);
    unharmed(others);
  }

  @Test
  void a_long_task_that_meets_five_deaths_finishes() throws Exception {
    startLites();
    SlowLoad others = SlowLoad.start(front(), tally, OUTSTANDING);
    awaitLoad();
    TaskHandle<String> handle = front().submit(OwnedWork.STEPS.task("x").priority(1));
    for (int deaths = 1; deaths <= 5; deaths++) {
      int saved = steps.size();
      await("a further checkpoint").atMost(PATIENCE).until(() -> steps.size() > saved);
      String node = stepNodes.toArray(String[]::new)[stepNodes.size() - 1];
      tally.killed(node, System.currentTimeMillis());
      nodes.kill(node);
    }
    Outcome.Succeeded<String> done =
        assertInstanceOf(
            Outcome.Succeeded.class,
            handle.outcome().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    String result = done.value();

    SoakReport.say("attempt:step of a task that met five deaths: %s", result);
    List<String> order = Stream.of(result.split(" ")).map(each -> each.split(":")[1]).toList();
    assertEquals(
        IntStream.rangeClosed(1, OwnedWork.LAST_STEP).mapToObj(String::valueOf).toList(), order);
    assertEquals(5, deaths(status(done)), result);
    unharmed(others);
  }

  @Test
  void a_full_heap_harms_only_its_task() throws Exception {
    startLites();
    SlowLoad others = SlowLoad.start(front(), tally, OUTSTANDING);
    awaitLoad();

    List<Outcome<String>> outcomes = run(HarmfulWork.GREEDY, "1000", HARMFUL);

    outcomes.forEach(outcome -> SoakReport.say("%s", brief(outcome)));
    for (Outcome<String> outcome : outcomes) {
      assertInstanceOf(Outcome.Failed.class, outcome);
    }
    SoakReport.say("%d greedy tasks ended %d processes: %s", HARMFUL, ends.size(), ends);
    everyWorkerWorks();
    unharmed(others);
  }

  /** One at a time: of three nodes that store, one may be lost. */
  @Test
  void a_full_heap_of_a_node_that_stores_too() throws Exception {
    startStores(SoakNodes.ALL_ROLES);
    workers = IntStream.rangeClosed(1, STORES).mapToObj(i -> "node-" + i).toList();
    awaitWorkers();
    SlowLoad others = SlowLoad.start(front(), tally, OUTSTANDING);
    awaitLoad();

    for (int i = 0; i < HARMFUL; i++) {
      Outcome<String> outcome = run(HarmfulWork.GREEDY, "1000", 1).get(0);
      SoakReport.say("%s; ended so far: %s", brief(outcome), ends);
      assertInstanceOf(Outcome.Failed.class, outcome);
      everyWorkerWorks();
      nodes.awaitSafe(PATIENCE);
    }
    unharmed(others);
  }

  private static String brief(Outcome<String> outcome) {
    return outcome instanceof Outcome.Failed<String> failed
        ? "attempt " + failed.attempts() + ": " + failed.failure().type()
        : outcome.toString();
  }

  @Test
  void handlers_that_never_return_keep_no_slot() throws Exception {
    startLites();
    SlowLoad others = SlowLoad.start(front(), tally, OUTSTANDING);
    awaitLoad();
    int all = LITES * SLOTS;

    List<Outcome<String>> outcomes = new ArrayList<>(run(HarmfulWork.NEVER, "x", 2 * all));
    outcomes.addAll(run(HarmfulWork.NEVER_ASYNC, "x", 2 * all));

    for (Outcome<String> outcome : outcomes) {
      assertInstanceOf(Outcome.Failed.class, outcome);
    }
    assertEquals(List.of(), List.copyOf(ends));
    everyWorkerWorks();
    unharmed(others);
  }

  @Test
  void a_node_whose_threads_are_kept_starts_no_more() throws Exception {
    startLites();
    workers.subList(1, workers.size()).forEach(this::leave);
    await("one worker").atMost(PATIENCE).until(() -> front().stats().workers() == 1);
    SlowLoad others = SlowLoad.start(front(), tally, OUTSTANDING);
    awaitLoad();

    List<TaskHandle<String>> never = submit(HarmfulWork.NEVER, "x", 2 * MOST_LEAKED);
    await("it drains").atMost(PATIENCE).until(() -> draining(workers.get(0)));
    over = false;
    workers.subList(1, workers.size()).forEach(this::startWorker);
    for (TaskHandle<String> handle : never) {
      assertInstanceOf(
          Outcome.Failed.class,
          handle.outcome().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
    unharmed(others);
  }

  private boolean draining(String name) {
    return front().view().toCompletableFuture().join().nodes().stream()
        .anyMatch(node -> node.name().equals(name) && node.state().startsWith("drain"));
  }

  private void leave(String name) {
    over = true;
    nodes.kill(name);
  }

  private void awaitLoad() {
    await("every worker is busy")
        .atMost(PATIENCE)
        .until(() -> workers.stream().filter(nodes::isAlive).allMatch(tally::busy));
  }

  private void everyWorkerWorks() {
    awaitWorkers();
    List<Integer> before = workers.stream().map(tally::startedOn).toList();
    await("every worker starts tasks")
        .atMost(PATIENCE)
        .until(
            () ->
                IntStream.range(0, workers.size())
                    .allMatch(i -> tally.startedOn(workers.get(i)) > before.get(i) + SLOTS));
  }

  private List<TaskHandle<String>> submit(TaskType<String, String> type, String text, int count) {
    return front().submitAll(Stream.generate(() -> type.task(text)).limit(count).toList());
  }

  private List<Outcome<String>> run(TaskType<String, String> type, String text, int count)
      throws Exception {
    List<Outcome<String>> outcomes = new ArrayList<>();
    for (TaskHandle<String> handle : submit(type, text, count)) {
      outcomes.add(
          handle.outcome().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
    return outcomes;
  }

  private TaskStatus status(Outcome<String> outcome) throws Exception {
    return front().find(outcome.id()).toCompletableFuture().get(30, TimeUnit.SECONDS).orElseThrow();
  }

  /** Of nodes on which it had started. */
  private static long deaths(TaskStatus status) {
    return status.history().stream()
        .filter(past -> past.cause() == PastAttempt.Cause.NODE_DIED && past.startedAt() != null)
        .count();
  }

  private void unharmed(SlowLoad others) throws Exception {
    others.end(PATIENCE);
    KillTally.Totals totals = tally.totals();
    SoakReport.say("the others: %s", totals);
    assertEquals(0, totals.lost(), totals::toString);
    assertEquals(0, totals.wrong(), totals::toString);
    assertEquals(0, totals.refused(), totals::toString);
    assertEquals(0, totals.recordedTwice(), totals::toString);
    assertEquals(0, front().stats().lost());
    nodes.done();
  }
}
