package io.dispatcher.sim;

import io.dispatcher.cluster.Member;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Partition.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Nodes that take each other for members of one cluster, and their part of the ledger. There is one
 * as long as the network holds.
 */
final class Side {
  final List<SimNode> nodes = new ArrayList<>();
  final List<SimNode> holders = new ArrayList<>();
  final List<Partition> partitions = new ArrayList<>();

  /** Of the holders, who has not put back yet what it has brought along. */
  final Map<SimNode, Brought> bringing = new HashMap<>();

  /** Holders that have been here, or brought what they held, since the last era. */
  final Set<SimNode> remembering = new HashSet<>();

  /** As it stands in the ledger. */
  long era;

  /** As its nodes know it. */
  long seen;

  /** With whom the era began. */
  Set<Peer> present = Set.of();

  /** Whether the ledger takes writes. */
  boolean open;

  long formingSince;

  /** When a majority came together again; the beginning of time if none had to. */
  long openedAt = Long.MIN_VALUE / 2;

  /** Until then its nodes have not heard that the others went on without them. */
  long unawareUntil;

  Side(int partitionCount) {
    for (int i = 0; i < partitionCount; i++) {
      partitions.add(new Partition(i));
    }
  }

  /** Whether its nodes take the ledger for open. */
  boolean takesCalls(long now) {
    return open || now < unawareUntil;
  }

  /** Whether somebody is about to put back how a task of this block has ended. */
  boolean brings(int partition, BlockId id) {
    return bringing.values().stream()
        .map(brought -> brought.parts().get(partition).data().blocks.get(id))
        .anyMatch(block -> block != null && hasEnded(block));
  }

  private static boolean hasEnded(Block block) {
    return IntStream.range(0, block.size()).anyMatch(i -> block.entry(i).isFinal());
  }

  /** As these nodes hear it. */
  List<Member> members() {
    return nodes.stream().map(SimNode::member).toList();
  }

  /** No part of the ledger is without a copy. */
  boolean lostNothing() {
    return partitions.stream().noneMatch(partition -> partition.lost);
  }

  /** What a holder has, as it leaves. */
  record Brought(Peer peer, long era, List<Part> parts) {}

  /**
   * One of its partitions.
   *
   * @param marked whether it has the mark too
   */
  record Part(Replica data, boolean marked) {}

  Brought brought(SimNode holder) {
    List<Part> all = new ArrayList<>();
    for (Partition partition : partitions) {
      Replica replica = partition.data.get(holder);
      all.add(
          replica == null
              ? new Part(new Replica(), false)
              : new Part(replica.copy(), partition.marked));
    }
    return new Brought(holder.peer(), seen, all);
  }
}
