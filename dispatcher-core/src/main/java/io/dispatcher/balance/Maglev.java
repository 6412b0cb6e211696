package io.dispatcher.balance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * A table from the remainders of key hashes to workers. Each worker has its own order of all
 * places, made of two hashes of its name, and takes the first free one whenever it has a turn; it
 * has turns in proportion to its weight. So with equal weights the shares differ by one place at
 * most, and a worker that leaves moves little more than its own keys.
 *
 * @see <a href="https://research.google/pubs/pub44824/">Eisenbud et al.: Maglev: a fast and
 *     reliable software network load balancer, 2016</a>
 */
final class Maglev {

  private static final int SMALLEST = 65_537;

  private final int[] table;

  /**
   * @param names in their natural order
   * @param weights those that are not above 0 get no places; at least one must be
   * @param size a prime
   */
  Maglev(String[] names, double[] weights, int size) {
    int count = names.length;
    int[] place = new int[count];
    int[] step = new int[count];
    double[] due = new double[count];
    double heaviest = 0;
    for (int i = 0; i < count; i++) {
      byte[] name = names[i].getBytes(UTF_8);
      place[i] = (int) Long.remainderUnsigned(XxHash64.hash(name, 0), size);
      step[i] = 1 + (int) Long.remainderUnsigned(XxHash64.hash(name, 1), size - 1);
      heaviest = Math.max(heaviest, weights[i]);
    }
    if (!(heaviest > 0)) {
      throw new IllegalArgumentException("a table needs a worker with a weight above 0");
    }
    table = new int[size];
    Arrays.fill(table, -1);
    int taken = 0;
    for (int round = 1; taken < size; round++) {
      for (int i = 0; i < count && taken < size; i++) {
        // The heaviest has a turn in each round, one with half its weight in every other.
        if (!(weights[i] > 0) || round * weights[i] < due[i]) {
          continue;
        }
        due[i] += heaviest;
        int at = place[i];
        while (table[at] >= 0) {
          at = next(at, step[i], size);
        }
        table[at] = i;
        place[i] = next(at, step[i], size);
        taken++;
      }
    }
  }

  private static int next(int place, int step, int size) {
    int next = place + step;
    return next >= size ? next - size : next;
  }

  /**
   * A prime, and about 100 places for each worker or more: then shares are within 1 %. Few numbers
   * of workers have another size than the next one: where it changes, all keys move.
   */
  static int size(int workers) {
    int size = SMALLEST - 1;
    while (size / 100 < workers) {
      size = Math.multiplyExact(size, 2);
    }
    while (!prime(size)) {
      size++;
    }
    return size;
  }

  private static boolean prime(int n) {
    for (int d = 2; (long) d * d <= n; d++) {
      if (n % d == 0) {
        return false;
      }
    }
    return true;
  }

  int worker(long keyHash) {
    return table[(int) Long.remainderUnsigned(keyHash, table.length)];
  }

  int[] table() {
    return table.clone();
  }
}
