package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Tasks through three nodes that each submit, store and run, in equal steps. After each step the
 * live heap of each node is measured twice: with the outcomes that are still kept, and at rest,
 * when all of them are forgotten.
 */
final class MemoryRun {
  private static final int NODES = 3;
  private static final int WINDOW = 4000;
  private static final double FLAT = 1.1;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SoakNodes nodes;
  private final int steps;
  private final int tasksPerStep;
  private final Duration kept;
  private final List<Step> done = new ArrayList<>();

  /**
   * What was measured after one step, by node.
   *
   * @param loaded live heap right after the last task of the step
   * @param retained bytes of outcomes that the front was seen to keep so far, at the most
   * @param rest live heap when nothing is kept
   */
  record Step(
      double tasksPerSecond,
      Map<String, Long> loaded,
      Map<String, Long> retained,
      Map<String, Long> rest) {}

  record Report(
      long tasks,
      long heapBytes,
      long readAgain,
      long missing,
      long overBudget,
      double restGrowth,
      List<Step> steps) {}

  /**
   * Starts nothing yet.
   *
   * @param tasks in all, at the least
   * @param kept how long outcomes are to be kept
   */
  MemoryRun(SoakNodes nodes, int tasks, int steps, Duration kept) {
    this.nodes = nodes;
    this.steps = steps;
    this.tasksPerStep = (tasks + steps * NODES - 1) / (steps * NODES);
    this.kept = kept;
  }

  List<String> names() {
    return IntStream.rangeClosed(1, NODES).mapToObj(i -> "node-" + i).toList();
  }

  /** Runs all, and checks what holds whatever the size. */
  Report run(String... options) {
    for (int i = 0; i < NODES; i++) {
      nodes.startStore(i, SoakNodes.ALL_ROLES, options);
    }
    nodes.awaitReady();
    await("all workers are seen by all fronts")
        .atMost(PATIENCE)
        .until(() -> stats().values().stream().allMatch(stats -> stats.workers() == NODES));
    for (int i = 0; i < steps; i++) {
      step();
    }
    return check();
  }

  private void step() {
    long start = System.nanoTime();
    String request = "submit " + tasksPerStep + " " + WINDOW / NODES + " " + kept.toMillis();
    Map<String, Long> retained = new LinkedHashMap<>();
    nodes
        .askAll(names(), request, SoakSubmitter.Books.class)
        .forEach((name, books) -> retained.put(name, books.mostRetained()));
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Long> loaded = memory();
    await("all outcomes are forgotten")
        .atMost(kept.plus(PATIENCE))
        .until(
            () ->
                stats().values().stream().allMatch(stats -> stats.retainedBytes() == 0)
                    && books().values().stream().allMatch(books -> books.toRead() == 0));
    Step step = new Step(tasksPerStep * NODES / seconds, loaded, retained, memory());
    done.add(step);
    SoakReport.say(
        "%,11d tasks, %,8.0f/s; live heap, MiB: %s, at rest %s; kept outcomes at most, KiB: %s",
        (long) tasksPerStep * NODES * done.size(),
        step.tasksPerSecond(),
        scaled(loaded, 20),
        scaled(step.rest(), 20),
        scaled(retained, 10));
  }

  private Report check() {
    long tasks = (long) tasksPerStep * steps;
    long read = 0;
    long missing = 0;
    long overBudget = 0;
    for (Map.Entry<String, SoakSubmitter.Books> each : books().entrySet()) {
      SoakSubmitter.Books books = each.getValue();
      String what = each.getKey() + ": " + books;
      assertEquals(tasks, books.done(), what);
      assertEquals(0, books.wrong(), what);
      read += books.read();
      missing += books.missing();
      overBudget += books.overBudget();
      if (books.missing() > 0) {
        SoakReport.say("%s", what);
      }
    }
    stats().forEach((name, stats) -> assertEquals(0, stats.lost(), name));
    long heap = nodes.ask(names().get(0), "memory", SoakNode.Memory.class).max();
    return new Report(tasks * NODES, heap, read, missing, overBudget, growth(), done);
  }

  /** How much more the nodes hold at rest in the last half than in the first, as a factor. */
  private double growth() {
    double worst = 0;
    for (String name : names()) {
      List<Long> rest = done.stream().map(step -> step.rest().get(name)).toList();
      long first = rest.subList(0, steps / 2).stream().mapToLong(Long::longValue).max().orElse(1);
      long last =
          rest.subList(steps / 2, steps).stream().mapToLong(Long::longValue).max().orElse(1);
      worst = Math.max(worst, (double) last / first);
    }
    return worst;
  }

  /** The last half of a long run is not above its first half. */
  static void assertFlat(Report report) {
    assertTrue(report.restGrowth() <= FLAT, report::toString);
  }

  private Map<String, SoakNode.Figures> stats() {
    return nodes.askAll(names(), "stats", SoakNode.Figures.class);
  }

  private Map<String, SoakSubmitter.Books> books() {
    return nodes.askAll(names(), "books", SoakSubmitter.Books.class);
  }

  private Map<String, Long> memory() {
    Map<String, Long> all = new LinkedHashMap<>();
    nodes
        .askAll(names(), "memory", SoakNode.Memory.class)
        .forEach((name, memory) -> all.put(name, memory.used()));
    return all;
  }

  private static List<Long> scaled(Map<String, Long> bytes, int bits) {
    return bytes.values().stream().map(each -> each >> bits).toList();
  }
}
