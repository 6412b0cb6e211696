package io.dispatcher.sim;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.hazelcast.JoinRules;
import io.dispatcher.hazelcast.JoinRules.Refusal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may join, by the {@linkplain JoinRules rules} of the real cluster: a node is refused while an
 * older one of its name has not been removed, a store node while there are as many as were
 * declared. It waits for that to pass, and gives up when its patience is at an end.
 */
final class Places {

  private static final long LOOK = 100_000_000L;

  /** Until a silent node is removed, and ten seconds. */
  private static final long PATIENCE = 14_000_000_000L;

  private final SimWorld world;
  private final Simulation simulation;
  private final Set<SimCluster> waiting = new LinkedHashSet<>();
  private final Map<SimNode, Long> displaced = new HashMap<>();

  Places(SimWorld world) {
    this.world = world;
    this.simulation = world.simulation();
  }

  /** It joins, as soon as it may. */
  void ask(SimCluster joiner) {
    String why = obstacle(joiner.node());
    if (why == null) {
      world.enter(joiner);
      return;
    }
    simulation.count(why);
    simulation.trace(joiner.node().name(), why);
    waiting.add(joiner);
    look(joiner, simulation.now() + PATIENCE);
  }

  private void look(SimCluster joiner, long until) {
    joiner.after(
        LOOK,
        () -> {
          enter(joiner);
          if (!waiting.contains(joiner)) {
            return;
          }
          if (simulation.now() < until) {
            look(joiner, until);
          } else {
            waiting.remove(joiner);
            simulation.count("gave up joining");
            simulation.trace(joiner.node().name(), "gives up joining");
            joiner.node().kill();
          }
        });
  }

  /** Somebody was removed: in the list that tells so, whoever waited for that is a member. */
  void freed() {
    List.copyOf(waiting).forEach(this::enter);
  }

  private void enter(SimCluster joiner) {
    if (!waiting.contains(joiner) || (joiner.alive() && obstacle(joiner.node()) != null)) {
      return;
    }
    waiting.remove(joiner);
    if (joiner.alive()) {
      simulation.count("joined after a refusal");
      world.enter(joiner);
    }
  }

  private @Nullable String obstacle(SimNode node) {
    if (world.network().inPieces() && !world.knows(node.name())) {
      // It is in one of the pieces: a place that is free in another one is none for it.
      return "meets nobody";
    }
    Refusal why = refusal(node);
    if (why == null) {
      return takesTheOnlyCopy(node) ? "refused the place of the only copy" : null;
    }
    return why == Refusal.NAME_IS_TAKEN
        ? "refused beside its old incarnation"
        : "refused beyond the declared size";
  }

  /**
   * Nobody replaces a store node that is cut off, and has the only copy of something, by a new one:
   * that would be its death.
   */
  private boolean takesTheOnlyCopy(SimNode node) {
    return node.member().is(Role.STORE)
        && !world.knows(node.name())
        && !world.ledger().copying.awaitsNobody(world.main());
  }

  /** Null if there is a place for it. */
  private @Nullable Refusal refusal(SimNode node) {
    Side side = world.main();
    List<Member> members = new ArrayList<>();
    side.holders.stream().filter(world::isVault).forEach(vault -> members.add(vault.member()));
    members.addAll(side.members());
    for (SimCluster older : waiting) {
      if (older.node() == node) {
        break;
      }
      if (!takesTheOnlyCopy(older.node())) {
        members.add(older.node().member());
      }
    }
    members.add(node.member());
    return JoinRules.refusal(members, world.ledger().holders.declared());
  }

  /** Names are told apart by what the nodes keep about them, and more copies help nobody. */
  void check(Side side) {
    long names = side.nodes.stream().map(SimNode::name).distinct().count();
    if (names < side.nodes.size() || side.holders.size() > world.ledger().holders.declared()) {
      simulation.error(
          "world", new IllegalStateException("these may not be together: " + side.members()));
    }
  }

  // Nodes that were cut off, and come back

  /** Whether somebody else has its place; it tries on. */
  boolean taken(SimNode node) {
    if (refusal(node) == null) {
      displaced.remove(node);
      return false;
    }
    displaced.putIfAbsent(node, simulation.now());
    return true;
  }

  long displacedFor(SimNode node) {
    Long since = node.alive() ? displaced.get(node) : null;
    return since == null ? 0 : simulation.now() - since;
  }
}
