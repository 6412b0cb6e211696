package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Submits while no worker is there: the only one was killed, so the type is known and nobody runs
 * it. Then workers come.
 */
final class StoppedWorkersRun {
  private static final Set<Role> NO_WORKER = Set.of(Role.STORE, Role.FRONT);
  private static final int WINDOW = 4000;
  private static final int STEPS = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String FRONT = "node-1";

  private final SoakNodes nodes;
  private final int stores;
  private final int submits;
  private final List<Step> steps = new ArrayList<>();

  /**
   * What was known after a part of the submits.
   *
   * @param live heap of each store node after a collection
   */
  record Step(long accepted, long refused, List<Long> live) {}

  /**
   * All of it.
   *
   * @param heapBytes the most that a node may use
   * @param secondsToFinish from the start of the workers to the last outcome
   */
  record Report(
      long submits,
      long accepted,
      long refused,
      String refusal,
      long done,
      long heapBytes,
      double secondsToFinish,
      List<Step> steps) {
    /** The most that a node held when the first refusals had come, and at the end. */
    double growth() {
      List<Long> full =
          steps.stream()
              .filter(step -> step.refused() > 0)
              .map(step -> step.live().stream().mapToLong(Long::longValue).max().orElse(0))
              .toList();
      return (double) full.get(full.size() - 1) / full.get(0);
    }
  }

  StoppedWorkersRun(SoakNodes nodes, int stores, int submits) {
    this.nodes = nodes;
    this.stores = stores;
    this.submits = submits;
  }

  /** Runs all, and checks what holds whatever the size. */
  Report run(String... options) {
    for (int i = 0; i < stores; i++) {
      nodes.startStore(i, NO_WORKER, options);
    }
    nodes.startOther("worker-1", Set.of(Role.WORKER));
    nodes.awaitReady();
    awaitWorkers(1);
    nodes.kill("worker-1");
    awaitWorkers(0);
    for (int i = 0; i < STEPS; i++) {
      SoakSubmitter.Books books = ask("flood " + submits / STEPS + " " + WINDOW);
      steps.add(new Step(books.accepted(), books.refused(), live()));
      SoakReport.say(
          "%,9d submits: %,9d accepted, %,9d refused; live heap, MiB: %s",
          (long) (i + 1) * (submits / STEPS),
          books.accepted(),
          books.refused(),
          live().stream().map(each -> each >> 20).toList());
    }
    long start = System.nanoTime();
    nodes.startOther("worker-2", Set.of(Role.WORKER));
    nodes.awaitReady("worker-2");
    await("every accepted task ends")
        .atMost(PATIENCE)
        .until(
            () -> {
              SoakSubmitter.Books books = ask("books");
              return books.done() + books.wrong() >= books.accepted();
            });
    return check((System.nanoTime() - start) / 1e9);
  }

  private Report check(double seconds) {
    SoakSubmitter.Books books = ask("books");
    String what = books.toString();
    assertEquals(0, books.wrong(), what);
    assertEquals(books.accepted(), books.done(), what);
    assertEquals(submits, books.accepted() + books.refused(), what);
    assertTrue(books.accepted() > 0 && books.refused() > 0, what);
    assertEquals(0, books.withoutRetryAfter(), what);
    SoakNode.Figures stats = nodes.ask(FRONT, "stats", SoakNode.Figures.class);
    assertEquals(0, stats.lost(), stats::toString);
    assertEquals(0, stats.unfinished(), stats::toString);
    return new Report(
        submits,
        books.accepted(),
        books.refused(),
        String.valueOf(books.firstRefusal()),
        books.done(),
        nodes.ask(FRONT, "memory", SoakNode.Memory.class).max(),
        seconds,
        steps);
  }

  private void awaitWorkers(int count) {
    await("workers: " + count)
        .atMost(PATIENCE)
        .until(() -> nodes.ask(FRONT, "stats", SoakNode.Figures.class).workers() == count);
  }

  private List<Long> live() {
    List<String> names = IntStream.rangeClosed(1, stores).mapToObj(i -> "node-" + i).toList();
    return nodes.askAll(names, "memory", SoakNode.Memory.class).values().stream()
        .map(SoakNode.Memory::used)
        .toList();
  }

  private SoakSubmitter.Books ask(String request) {
    return nodes.ask(FRONT, request, SoakSubmitter.Books.class);
  }
}
