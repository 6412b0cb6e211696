package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** The keys of tasks: how popular each is, and which worker it prefers. */
final class Keys {

  /** Up to each key, how many of the tasks. */
  private final double[] upTo;

  private final String[] texts;
  private final long[] hashes;

  /** By the members of a front: where the tasks of each key go while all are there and idle. */
  private final Map<IntBuffer, int[]> preferred = new HashMap<>();

  /**
   * @param zipf key number k, from 1, has a share in proportion to 1 / k to the power of this
   */
  Keys(int count, double zipf) {
    upTo = new double[count];
    texts = new String[count];
    hashes = new long[count];
    double sum = 0;
    for (int k = 0; k < count; k++) {
      sum += Math.pow(k + 1, -zipf);
      upTo[k] = sum;
      texts[k] = "key-" + k;
      hashes[k] = Balancers.hash(texts[k]);
    }
  }

  /** The number of a key, or {@link SimTask#NO_KEY} if there are none. */
  int draw(RandomGenerator random) {
    if (upTo.length == 0) {
      return SimTask.NO_KEY;
    }
    int at = Arrays.binarySearch(upTo, random.nextDouble() * upTo[upTo.length - 1]);
    return Math.min(upTo.length - 1, at >= 0 ? at : -at - 1);
  }

  String text(int key) {
    return texts[key];
  }

  long hash(int key) {
    return hashes[key];
  }

  /** Which worker each key prefers of these. */
  int[] preferred(Setup setup, int[] members) {
    return preferred.computeIfAbsent(IntBuffer.wrap(members.clone()), of -> prefer(setup, members));
  }

  private int[] prefer(Setup setup, int[] members) {
    int[] chosen = new int[hashes.length];
    if (chosen.length > 0) {
      IdleWorkers idle =
          new IdleWorkers(
              setup.everybody(), setup::weight, w -> Arrays.binarySearch(members, w) >= 0);
      Picker picker = Balancers.consistentHash().picker(idle);
      Pick pick = new Pick(new SplittableRandom(1));
      Arrays.setAll(chosen, key -> idle.number(picker.pick(pick.key(hashes[key]))));
    }
    return chosen;
  }
}
