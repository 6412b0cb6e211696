package io.dispatcher.examples.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A model of Hazelcast's executor: a task goes to the owner of its key's partition, of a random one
 * if it has no key. The 271 partitions are shared out evenly.
 */
final class HazelcastRule implements Rule {

  private static final int PARTITIONS = 271;

  @Override
  public String name() {
    return "hazelcast";
  }

  @Override
  public Chooser chooser(Members first, Simulation simulation) {
    RandomGenerator random = simulation.chance();
    Partitions partitions = new Partitions();
    return new Chooser() {
      @Override
      public void membersChanged(Members members) {
        partitions.share(members.numbers());
      }

      @Override
      public int choose(SimTask task) {
        return task.key == SimTask.NO_KEY
            ? partitions.owner(random.nextInt(PARTITIONS))
            : partitions.ofKey(simulation.keys().text(task.key));
      }
    };
  }

  /** Who owns what. */
  static final class Partitions {

    private final int[] owners = new int[PARTITIONS];
    private final Map<Integer, Integer> counts = new TreeMap<>();

    Partitions() {
      Arrays.fill(owners, -1);
    }

    /** Gives those of workers that left to who has fewest, and newcomers what others have most. */
    void share(int[] members) {
      counts.clear();
      for (int member : members) {
        counts.put(member, 0);
      }
      for (int p = 0; p < PARTITIONS; p++) {
        if (counts.containsKey(owners[p])) {
          counts.merge(owners[p], 1, Integer::sum);
        } else {
          owners[p] = -1;
        }
      }
      for (int p = 0; p < PARTITIONS; p++) {
        int before = owners[p];
        int fewest = members[0];
        for (int member : members) {
          fewest = count(member) < count(fewest) ? member : fewest;
        }
        if (before < 0 || count(before) > count(fewest) + 1) {
          owners[p] = fewest;
          counts.merge(fewest, 1, Integer::sum);
          counts.computeIfPresent(before, (owner, count) -> count - 1);
        }
      }
    }

    private int count(int member) {
      return counts.getOrDefault(member, 0);
    }

    int owner(int partition) {
      return owners[partition];
    }

    int ofKey(String key) {
      return owners[
          (int) (Murmur3.hash(key.getBytes(UTF_8), 0x01000193) & 0x7fffffffL) % PARTITIONS];
    }
  }
}
