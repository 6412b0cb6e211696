package io.dispatcher.sim;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.ValueId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One part of the ledger on one side of the cluster: who holds it, the primary first, and what each
 * of them holds.
 */
final class Partition {
  final int id;
  final List<SimNode> replicas = new ArrayList<>();
  final Map<SimNode, Replica> data = new HashMap<>();
  final Set<SimNode> gaps = new LinkedHashSet<>();

  /** Grows whenever another holder becomes the primary. */
  long epoch;

  /** Holders that are named here, and went on without those that are left. */
  int away;

  /** Whether the one that is named as the primary is among them. */
  boolean primaryAway;

  /** No copy was left, since the side last had a majority. */
  boolean lost;

  /**
   * What each copy has as well, and is gone with the last one: what is not here then was lost, and
   * did not just end and was forgotten.
   */
  boolean marked = true;

  private final Map<SimNode, Long> links = new HashMap<>();
  private final Map<SimNode, Long> arrivals = new HashMap<>();

  Partition(int id) {
    this.id = id;
  }

  void add(SimNode holder) {
    replicas.add(holder);
    data.put(holder, new Replica());
  }

  @Nullable SimNode holder() {
    return replicas.isEmpty() ? null : replicas.get(0);
  }

  Replica primary() {
    return data.get(replicas.get(0));
  }

  /** Takes a holder out; whether it was the primary. */
  boolean remove(SimNode holder) {
    int place = replicas.indexOf(holder);
    if (place < 0) {
      return false;
    }
    replicas.remove(place);
    data.remove(holder);
    gaps.remove(holder);
    if (place == 0) {
      epoch++;
      lost |= replicas.isEmpty();
      marked &= !replicas.isEmpty();
    }
    return place == 0;
  }

  /** Moves what these hold to another side. */
  void moveTo(Partition other, Set<SimNode> holders) {
    boolean before = marked;
    if (!replicas.isEmpty()) {
      primaryAway = holders.contains(replicas.get(0));
      other.primaryAway = !primaryAway;
    }
    for (SimNode holder : List.copyOf(replicas)) {
      if (holders.contains(holder)) {
        other.replicas.add(holder);
        other.data.put(holder, data.get(holder));
        if (gaps.contains(holder)) {
          other.gaps.add(holder);
        }
        remove(holder);
      }
    }
    other.away = replicas.size();
    away = other.replicas.size();
    other.epoch++;
    other.lost = other.replicas.isEmpty();
    other.marked = before && !other.replicas.isEmpty();
  }

  /** Its holders know who is left. */
  void aware() {
    away = 0;
    primaryAway = false;
  }

  /** Gives a backup what the primary holds; deltas under way to it are void. */
  void synchronize(SimNode backup) {
    data.put(backup, primary().copy());
    links.merge(backup, 1L, Long::sum);
    gaps.remove(backup);
  }

  long link(SimNode backup) {
    return links.getOrDefault(backup, 0L);
  }

  long arrival(SimNode backup, long wanted) {
    long at = Math.max(wanted, arrivals.getOrDefault(backup, 0L) + 1);
    arrivals.put(backup, at);
    return at;
  }

  /** What one holder has of one partition. */
  static final class Replica {
    final Map<BlockId, Block> blocks = new HashMap<>();
    final Map<ValueId, byte[]> values = new HashMap<>();

    void set(BlockId id, @Nullable Block block) {
      if (block == null) {
        blocks.remove(id);
      } else {
        blocks.put(id, block);
      }
    }

    Replica copy() {
      Replica copy = new Replica();
      copy.blocks.putAll(blocks);
      copy.values.putAll(values);
      return copy;
    }

    long weight() {
      long sum = 0;
      for (Block block : blocks.values()) {
        sum += block.weight();
      }
      for (byte[] value : values.values()) {
        sum += value.length;
      }
      return sum;
    }
  }
}
