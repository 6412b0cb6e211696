package io.dispatcher.sim;

import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** Judges how many nodes a task took with it, and whether one that was set aside had to be. */
final class Budgets {

  /** So soon a worker starts what it was told is written ahead. */
  private static final long AT_ONCE = 200_000_000L;

  private SimWorld world;
  private final Violations violations;
  private final Replicas replicas;
  private final Set<Peer> leaving = new HashSet<>();

  Budgets(SimWorld world, Violations violations, Replicas replicas) {
    this.world = world;
    this.violations = violations;
    this.replicas = replicas;
  }

  /** The tasks go on in another cluster. */
  void goesOn(SimWorld next) {
    world = next;
  }

  /** It starts nothing any more, and gives back even what it has written ahead. */
  void workerLeaves(Peer peer) {
    leaving.add(peer);
  }

  void judge(Story story, Replicas.Recorded record) {
    // What lost its lease and runs on unheard takes a node with it that nobody can count.
    if (story.kills > History.MOST_DEATHS + record.lapses + record.uncounted) {
      violations.add(
          Promise.BUDGETS,
          story,
          "took " + story.kills + " nodes with it, and ended as " + record.outcome);
    }
    String outcome = record.outcome;
    if (outcome != null
        && outcome.startsWith("failed set aside: ")
        && outcome.contains("nodes died")) {
      world.simulation().count("set aside");
      setAside(story);
    }
  }

  private void setAside(Story story) {
    Set<Peer> blamed = new LinkedHashSet<>(story.starts.values());
    blamed.addAll(story.former);
    // One that dies before it hears that its start is written might have heard it.
    replicas
        .begun(story.task)
        .forEach(
            (starting, at) -> {
              Peer peer = starting.peer();
              // A process that was cut off goes on under the name it started with.
              boolean ranThere =
                  story.starts.values().stream()
                      .anyMatch(start -> start.node().equals(peer.node()));
              // Nor need it begin: an heir may have stopped it meanwhile.
              boolean cutOff = world.parted(peer);
              boolean gaveBack = leaving.contains(peer) && !world.leftOnPurpose(peer);
              if (at == 0 || ranThere || cutOff || gaveBack || world.endedAt(peer) - at < AT_ONCE) {
                blamed.add(peer);
              }
            });
    Set<Peer> judges = replicas.judges(story.task);
    long died = blamed.stream().filter(peer -> isMissed(peer, judges)).count();
    // The first death counts though the task may not have run there.
    if (died < History.MOST_DEATHS - 1) {
      violations.add(
          Promise.BUDGETS,
          story,
          "was set aside, and only " + died + " nodes died that ran it or were about to");
    }
    if (story.kills == 0) {
      world.simulation().count("set aside though only near");
    }
  }

  /**
   * One that lives, and whose place somebody else has taken, is as dead as others to the rest; and
   * the rest to an owner that was cut off.
   *
   * @param judges who took some node for dead
   */
  private boolean isMissed(Peer peer, Set<Peer> judges) {
    return !world.alive(peer)
        || world.parted(peer)
        || world.apart(peer)
        || world.missed(judges, peer);
  }
}
