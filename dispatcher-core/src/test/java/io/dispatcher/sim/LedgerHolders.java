package io.dispatcher.sim;

import static io.dispatcher.sim.ErringLedger.MILLI;
import static io.dispatcher.sim.ErringLedger.PARTITIONS;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Partition.Replica;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Who holds the ledger on each side of the cluster: holders that come, die, are cut off and meet
 * again, the eras that this begins, and what it loses.
 */
final class LedgerHolders {

  /** A dead holder's partitions are promoted one after the other within this time. */
  private static final long PROMOTION = 500 * MILLI;

  /** As the real ledger does it. */
  private static final long WAIT_FOR_MEMORY = 20_000 * MILLI;

  private static final long WAIT_FOR_COPIES = 60_000 * MILLI;

  /** Members hear within this time of each other that one of them is taken for dead. */
  private static final long UNAWARE = 7_000 * MILLI;

  private static final long LOOK = 500 * MILLI;

  /** Is told that a partition has lost all its copies, on the side of a majority. */
  interface Loss {
    void lost(Side side, int partition);
  }

  private final Simulation simulation;
  private final RandomGenerator random;
  private final int copies;
  private final Sabotage sabotage;
  private final LedgerCopies copying;
  private final List<Loss> losses = new ArrayList<>();
  private int declared;

  LedgerHolders(ErringLedger ledger) {
    this.simulation = ledger.simulation;
    this.random = ledger.random;
    this.copies = ledger.copies();
    this.sabotage = ledger.sabotage;
    this.copying = ledger.copying;
  }

  void onLoss(Loss loss) {
    losses.add(loss);
  }

  /** A holder that is there from the beginning. */
  void found(Side side, SimNode holder) {
    side.holders.add(holder);
    side.remembering.add(holder);
    declared++;
  }

  /** Spreads the partitions over the founders. */
  void start(Side side) {
    for (Partition partition : side.partitions) {
      for (int i = 0; i < Math.min(copies, side.holders.size()); i++) {
        partition.add(side.holders.get((partition.id + i) % side.holders.size()));
      }
    }
    side.present = peers(side);
    copying.start();
  }

  private static Set<Peer> peers(Side side) {
    Set<Peer> peers = new HashSet<>();
    side.holders.forEach(holder -> peers.add(holder.peer()));
    return peers;
  }

  /** A holder came later: empty, and given copies where some are missing. */
  void joined(Side side, SimNode holder) {
    side.holders.add(holder);
    changed(side);
    side.partitions.forEach(partition -> copying.repairSoon(side, partition));
  }

  /** The cluster has noticed that a holder is dead: its first backups are primaries now. */
  void removed(Side side, SimNode holder) {
    Set<Peer> before = peers(side);
    if (!side.holders.remove(holder)) {
      return;
    }
    raiseInVain(side, before);
    if (!majority(side)) {
      // What is lost with the majority is told when there is one again.
      side.open = false;
    }
    // The others may hear of a death before its partitions have new primaries.
    boolean slow = !holder.alive() && random.nextBoolean();
    for (Partition partition : side.partitions) {
      if (!partition.replicas.contains(holder)) {
        continue;
      }
      if (slow && partition.replicas.size() > 1) {
        simulation.after(random.nextLong(PROMOTION), () -> removed(side, partition, holder));
      } else {
        removed(side, partition, holder);
      }
    }
    changed(side);
  }

  private void removed(Side side, Partition partition, SimNode holder) {
    if (!partition.replicas.contains(holder)) {
      return;
    }
    if (partition.remove(holder)) {
      promoted(side, partition, holder.name() + " is dead");
    }
    copying.repairSoon(side, partition);
    if (side.open) {
      tellLosses(side);
    }
  }

  private void promoted(Side side, Partition partition, String why) {
    simulation.count("primary promoted");
    SimNode next = partition.holder();
    simulation.trace(
        "ledger",
        "partition %s: %s, primary is now %s",
        partition.id,
        why,
        next == null ? "nobody" : next.name());
    if (next == null) {
      simulation.count("partition lost");
      partition.epoch++;
      markLater(side, partition, WAIT_FOR_COPIES);
    }
  }

  /** Then what is missing in it is gone: nobody is left who might have a copy, or none came. */
  private void markLater(Side side, Partition partition, long wait) {
    simulation.after(
        LOOK,
        () -> {
          boolean allHere = side.holders.size() >= declared && side.bringing.isEmpty();
          if (side.open && !partition.replicas.isEmpty() && (allHere || wait <= LOOK)) {
            partition.marked = true;
          } else {
            markLater(side, partition, Math.max(0, wait - LOOK));
          }
        });
  }

  /** These holders are on a side of their own from now on. */
  void split(Side side, Side other, Set<SimNode> leaving) {
    other.era = side.era;
    other.seen = side.seen;
    other.present = side.present;
    Set<Peer> all = peers(side);
    for (SimNode holder : List.copyOf(side.holders)) {
      if (leaving.contains(holder)) {
        side.holders.remove(holder);
        other.holders.add(holder);
        if (side.remembering.contains(holder)) {
          other.remembering.add(holder);
        }
      }
    }
    for (int i = 0; i < PARTITIONS; i++) {
      Partition partition = side.partitions.get(i);
      SimNode before = partition.holder();
      partition.moveTo(other.partitions.get(i), leaving);
      if (before != null && partition.holder() != before) {
        promoted(side, partition, before.name() + " is cut off");
      }
      Partition theirs = other.partitions.get(i);
      if (!theirs.marked) {
        markLater(other, theirs, WAIT_FOR_COPIES);
      }
    }
    boolean open = side.open;
    other.open = open;
    raiseInVain(side, all);
    changed(side);
    changed(other);
    long thawed = leaving.stream().mapToLong(SimNode::pausedUntil).max().orElse(0);
    for (Side each : List.of(side, other)) {
      long from = each == other ? Math.max(simulation.now(), thawed) : simulation.now();
      aware(each, open && !each.open ? from + random.nextLong(UNAWARE) : simulation.now());
    }
  }

  /** Who is left behind by a majority hears of it late. */
  private void aware(Side side, long at) {
    side.unawareUntil = at;
    simulation.after(
        at - simulation.now(),
        () -> {
          for (Partition partition : side.partitions) {
            partition.aware();
            copying.repairSoon(side, partition);
          }
        });
  }

  /** A raise was under way when the majority was lost: it stands there, and nobody was told. */
  private void raiseInVain(Side side, Set<Peer> before) {
    if (side.open && !majority(side) && random.nextBoolean()) {
      side.era++;
      side.present = before;
      simulation.count("era raised in vain");
    }
  }

  private void raise(Side side) {
    side.era++;
    side.seen = side.era;
    side.present = peers(side);
  }

  /**
   * The era is raised at every change of a membership with a majority; without one it is closed.
   */
  private void changed(Side side) {
    side.remembering.retainAll(side.holders);
    if (!majority(side)) {
      side.open = false;
      return;
    }
    if (side.open) {
      raise(side);
      side.remembering.addAll(side.holders);
      tellLosses(side);
    } else {
      side.formingSince = simulation.now();
      openIfComplete(side);
    }
  }

  /** A majority that came together again opens the ledger once it holds all there is. */
  private void openIfComplete(Side side) {
    if (side.open || !majority(side)) {
      return;
    }
    // To raise the era takes an answer of everybody who has a copy of it.
    boolean complete =
        side.bringing.isEmpty()
            && side.holders.stream().allMatch(SimNode::alive)
            && (side.lostNothing()
                || 2 * side.remembering.size() > declared
                || simulation.now() - side.formingSince > WAIT_FOR_MEMORY);
    if (complete || sabotage == Sabotage.OPEN_AT_ONCE) {
      side.open = true;
      side.openedAt = simulation.now();
      raise(side);
      if (2 * side.remembering.size() > declared) {
        // Among them they had a copy of everything.
        side.partitions.forEach(partition -> partition.lost = false);
      }
      side.remembering.addAll(side.holders);
      tellLosses(side);
      simulation.count("majority again");
      simulation.trace("ledger", "open again in era %s", side.era);
    } else {
      simulation.after(100 * MILLI, () -> openIfComplete(side));
    }
  }

  private void tellLosses(Side side) {
    for (Partition partition : side.partitions) {
      if (partition.lost) {
        partition.lost = false;
        simulation.count("ledger loss");
        losses.forEach(loss -> loss.lost(side, partition.id));
      }
    }
  }

  /** What a holder that has joined brings along from another side. */
  void bring(Side side, SimNode holder, Side.Brought brought) {
    side.bringing.put(holder, brought);
    changed(side);
    long since = simulation.now();
    simulation.after(
        (100 + random.nextLong(700)) * MILLI, () -> restore(side, holder, brought, since));
  }

  private void restore(Side side, SimNode holder, Side.Brought brought, long since) {
    if (!side.bringing.containsKey(holder)) {
      return;
    }
    if (!side.holders.contains(holder) || !holder.alive()) {
      side.bringing.remove(holder);
      return;
    }
    boolean missed = sabotage == Sabotage.EMPTY_ERA || !side.present.contains(brought.peer());
    boolean known = side.era > brought.era() && missed && sabotage != Sabotage.HAZELCAST_DEFAULT;
    // Whoever brings a later era knows what has ended since.
    boolean oldFirst = sabotage == Sabotage.OLD_FIRST || sabotage == Sabotage.PUT_IF_ABSENT;
    boolean later = side.bringing.values().stream().anyMatch(other -> other.era() > brought.era());
    // Who is not here yet may have a newer copy.
    boolean patient =
        known
            && !oldFirst
            && gaps(side, brought)
            && side.holders.size() < declared
            && simulation.now() - since < WAIT_FOR_MEMORY;
    boolean ready =
        majority(side)
            && !patient
            && (!later || oldFirst)
            && side.partitions.stream()
                .allMatch(
                    p -> p.holder() != null && p.replicas.stream().allMatch(SimNode::running));
    if (!ready) {
      simulation.after(50 * MILLI, () -> restore(side, holder, brought, since));
      return;
    }
    side.bringing.remove(holder);
    if (known) {
      putBackWhatWasLost(side, holder, brought);
      return;
    }
    simulation.count("brought records kept");
    simulation.trace("ledger", "%s puts back what it held in era %s", holder.name(), brought.era());
    for (int i = 0; i < PARTITIONS; i++) {
      putBack(side, side.partitions.get(i), brought.parts().get(i));
    }
    if (brought.era() >= side.era || !missed) {
      side.remembering.add(holder);
    }
    openIfComplete(side);
  }

  private static boolean gaps(Side side, Side.Brought brought) {
    for (int i = 0; i < PARTITIONS; i++) {
      if (isMissing(side.partitions.get(i), brought.parts().get(i))) {
        return true;
      }
    }
    return false;
  }

  /** Marks are brought as well: that all of a part has ended is news where older copies come. */
  private static boolean isMissing(Partition partition, Side.Part from) {
    return !partition.marked && (from.marked() || !from.data().blocks.isEmpty());
  }

  /** The cluster went on without it, but for what it has no copy of any more. */
  private void putBackWhatWasLost(Side side, SimNode holder, Side.Brought brought) {
    simulation.count("brought records dropped");
    for (int i = 0; i < PARTITIONS; i++) {
      Partition partition = side.partitions.get(i);
      Side.Part from = brought.parts().get(i);
      if (isMissing(partition, from)
          && sabotage != Sabotage.NO_MARKS
          && sabotage != Sabotage.EMPTY_ERA) {
        simulation.count("lost records put back");
        simulation.trace("ledger", "partition %s: %s puts back what was lost", i, holder.name());
        putBack(side, partition, from);
      }
    }
  }

  private void putBack(Side side, Partition partition, Side.Part part) {
    Replica from = part.data();
    boolean stands =
        side.open || sabotage == Sabotage.PUT_IF_ABSENT || sabotage == Sabotage.HAZELCAST_DEFAULT;
    for (SimNode each : partition.replicas) {
      Replica to = partition.data.get(each);
      from.blocks.forEach(
          (id, block) ->
              to.blocks.merge(id, block, (held, brought) -> stands ? held : newer(held, brought)));
      from.values.forEach(to.values::putIfAbsent);
    }
    // The marks come last.
    partition.marked |= part.marked();
  }

  private static Block newer(Block held, Block incoming) {
    return held.version().compareTo(incoming.version()) >= 0 ? held : incoming;
  }

  /** How many there are to be. */
  int declared() {
    return declared;
  }

  /** Whether the nodes of a side join another one, once they reach it. */
  boolean yields(Side side, Side other) {
    boolean settled = !other.open || other.seen > side.seen || !majority(other);
    return (settled && !majority(side)) || sabotage == Sabotage.HAZELCAST_DEFAULT;
  }

  /** Whether a side may take writes. */
  boolean majority(Side side) {
    return sabotage == Sabotage.HAZELCAST_DEFAULT
        ? !side.holders.isEmpty()
        : 2 * side.holders.size() > declared;
  }
}
