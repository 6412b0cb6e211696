package io.dispatcher.sim;

import static io.dispatcher.sim.ErringLedger.MILLI;
import static io.dispatcher.sim.ErringLedger.PARTITIONS;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The copies of each partition: made where some are missing, brought level, moved; and whether
 * there are enough of them.
 */
final class LedgerCopies {

  /** {@code hazelcast.partition.backup.sync.interval}. */
  private static final long ANTI_ENTROPY = 30_000 * MILLI;

  private final SimWorld world;
  private final Simulation simulation;
  private final RandomGenerator random;
  private final int copies;

  LedgerCopies(ErringLedger ledger) {
    this.world = ledger.world;
    this.simulation = ledger.simulation;
    this.random = ledger.random;
    this.copies = ledger.copies();
  }

  void start() {
    simulation.after(random.nextLong(ANTI_ENTROPY), this::antiEntropy);
  }

  private void antiEntropy() {
    for (Side side : world.sides()) {
      for (Partition partition : side.partitions) {
        List.copyOf(partition.gaps).forEach(backup -> synchronize(partition, backup));
      }
    }
    simulation.after(ANTI_ENTROPY, this::antiEntropy);
  }

  /** Gives a partition its missing copies, and its backups what they lack, after a while. */
  void repairSoon(Side side, Partition partition) {
    simulation.after((200 + random.nextLong(2_500)) * MILLI, () -> repair(side, partition));
  }

  private void repair(Side side, Partition partition) {
    if (partition.replicas.isEmpty()) {
      if (side.holders.isEmpty()) {
        return;
      }
      partition.add(side.holders.get(random.nextInt(side.holders.size())));
    }
    SimNode primary = partition.replicas.get(0);
    if (!primary.alive() || primary.paused()) {
      repairSoon(side, partition);
      return;
    }
    for (int i = 0; i < side.holders.size() && partition.replicas.size() < copies; i++) {
      SimNode holder = side.holders.get((partition.id + i) % side.holders.size());
      // The table names a copy once it was made.
      if (!partition.replicas.contains(holder)
          && holder.running()
          && world.reaches(primary, holder)
          && world.reaches(holder, primary)) {
        partition.add(holder);
        simulation.trace("ledger", "partition %s: new copy on %s", partition.id, holder.name());
      }
    }
    if (partition.replicas.size() < Math.min(copies, side.holders.size())) {
      repairSoon(side, partition);
    }
    for (SimNode backup : List.copyOf(partition.replicas)) {
      if (backup != primary) {
        if (world.reaches(primary, backup)) {
          partition.synchronize(backup);
        } else {
          partition.gaps.add(backup);
        }
      }
    }
  }

  /** A backup asks for all of its partition, because it saw a gap in the numbers of its backups. */
  void synchronize(Partition partition, SimNode backup) {
    int place = partition.replicas.indexOf(backup);
    if (place > 0
        && partition.replicas.get(0).running()
        && backup.running()
        && world.reaches(partition.replicas.get(0), backup)) {
      partition.synchronize(backup);
      simulation.count("replica synchronized");
      simulation.trace("ledger", "partition %s: %s is synchronized", partition.id, backup.name());
    }
  }

  /** The primary moves: the new one has everything, the old one becomes a backup. */
  void move(Partition partition) {
    if (partition.replicas.size() < 2) {
      return;
    }
    SimNode old = partition.replicas.get(0);
    SimNode next = partition.replicas.get(1);
    if (!old.running() || !next.running() || !world.reaches(old, next)) {
      return;
    }
    partition.synchronize(next);
    partition.replicas.set(0, next);
    partition.replicas.set(1, old);
    partition.epoch++;
    simulation.count("primary moved");
    simulation.trace(
        "ledger", "partition %s moves from %s to %s", partition.id, old.name(), next.name());
  }

  /** Every partition has all its copies, on holders that live and reach each other. */
  boolean whole(Side side) {
    return survives(side, copies - 1);
  }

  /**
   * Whether so many deaths at once lose nothing: what was acknowledged is in each copy, those that
   * are gone already count.
   */
  boolean survives(Side side, int deaths) {
    if (!side.open || !side.bringing.isEmpty()) {
      return false;
    }
    for (Partition partition : side.partitions) {
      List<SimNode> alive = partition.replicas.stream().filter(SimNode::alive).toList();
      if (alive.size() <= deaths || !connected(alive) || awaits(side, partition)) {
        return false;
      }
    }
    return true;
  }

  /** Whether those who are cut off have nothing that a side waits for. */
  boolean awaitsNobody(Side side) {
    boolean alone =
        world.sides().stream()
            .filter(other -> other != side)
            .allMatch(other -> other.holders.stream().noneMatch(SimNode::alive));
    return alone || (side.open && side.partitions.stream().noneMatch(each -> awaits(side, each)));
  }

  private boolean awaits(Side side, Partition partition) {
    return !partition.marked && isHeldElsewhere(side, partition.id);
  }

  /** Whether somebody who is cut off has what this side has lost. */
  private boolean isHeldElsewhere(Side here, int partition) {
    return world.sides().stream()
        .filter(side -> side != here)
        .map(side -> side.partitions.get(partition))
        .anyMatch(other -> !other.lost && other.replicas.stream().anyMatch(SimNode::alive));
  }

  private boolean connected(List<SimNode> holders) {
    return holders.stream()
        .allMatch(
            one -> !one.frozen() && holders.stream().allMatch(other -> world.reaches(one, other)));
  }

  void killIfWhole(SimNode holder) {
    if (whole(world.main())) {
      world.kill(holder.peer());
    }
  }

  /** Whether every part of the ledger would survive one more death, wherever its copies are. */
  boolean survives() {
    long newest = world.sides().stream().mapToLong(side -> side.seen).max().orElse(0);
    for (int i = 0; i < PARTITIONS; i++) {
      Set<SimNode> alive = new HashSet<>();
      for (Side side : world.sides()) {
        Partition partition = side.partitions.get(i);
        if (side.seen == newest && !partition.lost) {
          partition.replicas.stream().filter(SimNode::alive).forEach(alive::add);
        }
      }
      if (alive.size() < copies) {
        return false;
      }
    }
    return true;
  }
}
