package io.dispatcher;

import static io.dispatcher.RunNodes.MILLI;
import static io.dispatcher.RunNodes.SECOND;

import io.dispatcher.RunNodes.Node;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The whole cluster is stopped on purpose, mostly as {@code ledger export --stop} does it: no node
 * takes or starts anything any more, what runs ends, all that the ledger holds is exported, all
 * nodes end. Another cluster then gets it, twice.
 */
final class RunStop {

  /** What goes wrong meanwhile does so no longer than that: with it nothing need come to rest. */
  private static final long CALM_AFTER = 30 * SECOND;

  private static final long AT_REST_WITHIN = 120 * SECOND;
  private static final long LOOK_EVERY = 200 * MILLI;
  private static final long ANSWER_WITHIN = 15 * SECOND;
  private static final int MOST_TRIES = 40;

  private final Simulation simulation;
  private final RunNodes nodes;
  private final RunLoad load;
  private final RandomGenerator random;
  private final Map<Peer, CompletableFuture<Drained>> drains = new HashMap<>();

  RunStop(RunNodes nodes, RunLoad load) {
    this.nodes = nodes;
    this.load = load;
    this.simulation = nodes.simulation;
    this.random = nodes.world.random("stop");
  }

  /** What the cluster held, once it has ended. */
  List<LedgerPage> stop() {
    boolean atRest = random.nextInt(5) > 1;
    simulation.trace("world", "STOP on purpose, %s", atRest ? "at rest" : "while it runs");
    if (!atRest || random.nextBoolean()) {
      nodes.world.calm();
    }
    if (atRest) {
      comeToRest();
    } else {
      wait(this::allAreThere);
    }
    nodes.world.backupsInTime();
    nodes.checker.exports(atRest);
    if (random.nextInt(3) == 0) {
      // Who is not back has left its part to others.
      Node victim = nodes.any(nodes.fronts);
      simulation.after(
          random.nextLong(50 * MILLI), () -> nodes.killFront(victim, nodes.world.survives(1)));
    }
    List<LedgerPage> pages = export();
    nodes.staysAsItIs();
    for (Node node : nodes.all()) {
      if (nodes.world.alive(node.peer())) {
        nodes.checker.frontKilled(node.peer());
        node.cluster.close();
      }
    }
    simulation.count(atRest ? "stopped at rest" : "stopped while it ran");
    simulation.trace("world", "all have STOPPED");
    return pages;
  }

  /** As many store nodes as there are to be, and all that they hold. */
  private boolean allAreThere() {
    long there =
        nodes.fronts.stream()
            .filter(front -> nodes.world.member(front.peer()) && front.dispatcher != null)
            .count();
    return nodes.world.survivesADeath() && there >= nodes.founders;
  }

  private void wait(BooleanSupplier condition) {
    if (!within(CALM_AFTER, condition)) {
      simulation.trace("world", "no rest yet: %s", state());
      nodes.world.calm();
      if (!within(AT_REST_WITHIN, condition)) {
        simulation.error(
            "world", new IllegalStateException("it does not come to rest: " + state()));
      }
    }
  }

  private boolean within(long time, BooleanSupplier condition) {
    long until = simulation.now() + time;
    while (!condition.getAsBoolean()) {
      if (simulation.now() > until) {
        return false;
      }
      simulation.run(LOOK_EVERY);
    }
    return true;
  }

  private String state() {
    return (allAreThere() ? "" : "nodes or copies are missing, ")
        + (drained() ? "" : "not all have drained, ")
        + (nodes.checker.allAnswered() ? "" : "submissions have no answer, ")
        + load.unanswered();
  }

  private void comeToRest() {
    wait(() -> drained() && nodes.checker.allAnswered() && load.unanswered().isEmpty());
    nodes.staysAsItIs();
    // Every front has to have heard that the last worker rests.
    simulation.run(SECOND);
  }

  /** Who comes back meanwhile is asked as well. */
  private boolean drained() {
    boolean all = allAreThere();
    for (Node node : nodes.all()) {
      Peer peer = node.peer();
      Dispatcher dispatcher = node.dispatcher;
      if (!nodes.world.member(peer)) {
        continue;
      }
      if (dispatcher == null) {
        all = false;
        continue;
      }
      all &=
          drains
              .computeIfAbsent(
                  peer,
                  asked -> {
                    nodes.checker.workerLeaves(asked);
                    Duration time = Duration.ofMillis(500 + random.nextInt(6_000));
                    return random.nextBoolean()
                        ? stay(dispatcher, peer.node(), time)
                        : dispatcher.drain(time).toCompletableFuture();
                  })
              .isDone();
    }
    return all;
  }

  /** As an export asks for it. */
  private CompletableFuture<Drained> stay(Dispatcher dispatcher, String node, Duration time) {
    simulation.count("drained to stay");
    return dispatcher
        .drainNode(node, true)
        .thenCompose(known -> dispatcher.drain(time))
        .toCompletableFuture();
  }

  private List<LedgerPage> export() {
    List<LedgerPage> pages = new ArrayList<>();
    String from = "";
    while (from != null) {
      String next = from;
      LedgerPage page = untilDone(nodes, front -> front.exportPage(next));
      if (page == null) {
        return pages;
      }
      pages.add(page);
      from = page.next();
    }
    return pages;
  }

  /** To bring it once more changes nothing. */
  void bring(List<LedgerPage> pages, RunNodes fresh) {
    fresh.world.backupsInTime();
    for (int times = 0; times < 2; times++) {
      for (LedgerPage page : pages) {
        Imported imported = untilDone(fresh, front -> front.importRecords(page.records()));
        Imported expected = new Imported(0, 0, page.tasks() + page.outcomes(), 0);
        if (imported != null && !told(imported).equals(expected)) {
          simulation.error("world", new IllegalStateException(imported + " of " + expected));
        }
      }
    }
    simulation.count("brought twice");
    simulation.trace("world", "all is BROUGHT in");
  }

  private static Imported told(Imported all) {
    return new Imported(0, 0, all.tasks() + all.outcomes() + all.there(), all.conflicts());
  }

  /** Asks one front after the other until one has an answer. */
  private <T> @Nullable T untilDone(
      RunNodes asked, Function<Dispatcher, CompletionStage<T>> question) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      Node front = asked.fronts.get(random.nextInt(asked.fronts.size()));
      if (asked.world.member(front.peer()) && front.dispatcher != null) {
        CompletableFuture<T> answer = question.apply(front.dispatcher).toCompletableFuture();
        simulation.runUntil(answer::isDone, simulation.now() + ANSWER_WITHIN);
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
          return answer.join();
        }
        simulation.count("export or import asked again");
        simulation.trace(
            front.name,
            "export or import: %s",
            answer.isDone() ? answer.handle((none, why) -> why).join() : "no answer");
      }
      simulation.run(LOOK_EVERY);
    }
    simulation.error("world", new IllegalStateException("nobody exports or imports"));
    return null;
  }
}
