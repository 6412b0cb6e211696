package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsistentHashTest extends BalancerContract {

  private static final int KEYS = 100_000;

  private final RandomGenerator random = Chance.random();

  /** A keyed choice draws nothing. */
  private final Pick pick = new Pick(Chance.none());

  @Override
  protected Balancer create() {
    return Balancers.consistentHash();
  }

  // Which worker a key prefers

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 100, 128})
  void aLeaversKeysMoveAndNoOthers(int size) {
    FakeWorkers before = FakeWorkers.sized(size);
    String leaver = before.name(size / 2);
    String[] old = owners(before);
    String[] now = owners(before.without(leaver));
    for (int k = 0; k < KEYS; k++) {
      if (old[k].equals(leaver)) {
        assertNotEquals(leaver, now[k]);
      } else {
        assertEquals(old[k], now[k]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 100, 127})
  void movedKeysGoToTheJoiner(int size) {
    FakeWorkers before = FakeWorkers.sized(size);
    String[] old = owners(before);
    String[] now = owners(before.with("joiner"));
    int moved = 0;
    for (int k = 0; k < KEYS; k++) {
      if (!old[k].equals(now[k])) {
        assertEquals("joiner", now[k]);
        moved++;
      }
    }
    assertShare(1.0 / (size + 1), moved);
  }

  @Test
  void keysFollowAWeightThatGrows() {
    FakeWorkers workers = FakeWorkers.sized(10).weight(4, 0.5);
    String[] old = owners(workers);
    String[] now = owners(workers.weight(4, 1.5));
    for (int k = 0; k < KEYS; k++) {
      if (!old[k].equals(now[k])) {
        assertEquals(workers.name(4), now[k]);
      }
    }
  }

  /**
   * Up to the limit that holds even without the order that fronts keep; above, see the test of the
   * router.
   */
  @ParameterizedTest
  @ValueSource(ints = {5, 100, 128})
  void frontsAgreeWithoutTalking(int size) {
    FakeWorkers workers = FakeWorkers.sized(size).weight(1, 0.5).weight(3, 3);
    List<String> names = new ArrayList<>(IntStream.range(0, size).mapToObj(workers::name).toList());
    Collections.shuffle(names, new Random(size));
    FakeWorkers shuffled = FakeWorkers.unsorted(names.toArray(String[]::new));
    shuffled.weight(shuffled.index("w0001"), 0.5).weight(shuffled.index("w0003"), 3);
    assertNotEquals(workers.name(0), shuffled.name(0));
    assertArrayEquals(owners(workers), owners(shuffled));
  }

  /** The same in every version: a cluster may have two of them for a while. */
  @Test
  void keysStayWhereTheyAre() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c", "d", "e").weight(1, 2).weight(3, 0.5);
    Picker picker = create().picker(workers);
    StringBuilder owners = new StringBuilder();
    for (int k = 0; k < 30; k++) {
      owners.append(workers.name(picker.pick(pick.key(Balancers.hash("user-" + k)))));
    }
    assertEquals("caeeabadeacbdcebbbcbcadcbebaab", owners.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 100})
  void equalWeightsHaveEqualShares(int size) {
    FakeWorkers workers = FakeWorkers.sized(size);
    int[] counts = new int[size];
    for (String owner : owners(workers)) {
      counts[workers.index(owner)]++;
    }
    Chance.assertUniform(counts);
  }

  @Test
  void sharesAreInProportionToWeights() {
    for (int size : new int[] {10, 100}) {
      FakeWorkers workers = FakeWorkers.sized(size).weight(3, 3);
      String heavy = workers.name(3);
      int count = (int) Arrays.stream(owners(workers)).filter(heavy::equals).count();
      assertShare(3.0 / (size + 2), count);
    }
    FakeWorkers workers = FakeWorkers.sized(8);
    double[] shares = new double[8];
    for (int i = 0; i < 8; i++) {
      workers.weight(i, 0.25 * (i + 1));
      shares[i] = (i + 1) / 36.0;
    }
    int[] counts = new int[8];
    for (String owner : owners(workers)) {
      counts[workers.index(owner)]++;
    }
    Chance.assertShares(shares, counts);
  }

  @Test
  void keysAreBalanced() {
    for (int size : new int[] {10, 100}) {
      Picker picker = create().picker(FakeWorkers.sized(size));
      int[] counts = new int[size];
      for (int k = 0; k < 1_000_000; k++) {
        counts[picker.pick(pick.key(random.nextLong()))]++;
      }
      double most = Arrays.stream(counts).max().orElseThrow() * size / 1e6;
      assertTrue(most <= (size == 10 ? 1.02 : 1.08), "max over mean " + most);
    }
  }

  // Above 128 workers

  @Test
  void aboveTheLimitTheTableDecides() {
    FakeWorkers workers = FakeWorkers.sized(129).weight(5, 2).weight(6, 0);
    Maglev maglev = maglev(workers);
    Picker picker = create().picker(workers);
    for (long key : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 65_537}) {
      assertEquals(maglev.worker(key), picker.pick(pick.key(key)));
    }
    for (int k = 0; k < 10_000; k++) {
      long key = random.nextLong();
      assertEquals(maglev.worker(key), picker.pick(pick.key(key)));
    }
  }

  @ParameterizedTest
  @CsvSource({"130, 1.75", "200, 2.6", "1000, 6"})
  void aboveTheLimitFewKeysMove(int size, double times) {
    FakeWorkers before = FakeWorkers.sized(size);
    String leaver = before.name(100);
    String[] old = owners(before);
    String[] now = owners(before.without(leaver));
    int moved = 0;
    int optimum = 0;
    for (int k = 0; k < KEYS; k++) {
      assertNotEquals(leaver, now[k]);
      optimum += old[k].equals(leaver) ? 1 : 0;
      moved += old[k].equals(now[k]) ? 0 : 1;
    }
    assertTrue(moved <= times * optimum, moved + " moved, " + optimum + " had to");
  }

  /** A closed worker stays in the table: its keys move, no others, and they come back. */
  @Test
  void aboveTheLimitAClosedWorkerMovesOnlyItsOwnKeys() {
    FakeWorkers workers = FakeWorkers.sized(200);
    String closed = workers.name(100);
    String[] old = owners(workers);
    String[] now = owners(workers.open(100, false));
    for (int k = 0; k < KEYS; k++) {
      assertEquals(old[k].equals(closed), !old[k].equals(now[k]));
    }
    assertEquals(List.of(old), List.of(owners(workers.open(100, true))));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 200})
  void theOnlyOneThatTakesTasksGetsAllKeys(int size) {
    FakeWorkers workers = FakeWorkers.sized(size);
    for (int i = 0; i < size; i++) {
      workers.open(i, i == 1);
    }
    workers.load(1, 1000);
    for (String owner : owners(workers)) {
      assertEquals(workers.name(1), owner);
    }
    workers.open(1, false);
    assertEquals(-1, create().picker(workers).pick(pick.key(1)));
  }

  /** Most new snapshots have the same workers; one with others has another table. */
  @Test
  void aboveTheLimitASnapshotHasItsOwnTable() {
    FakeWorkers workers = FakeWorkers.sized(200);
    Balancer balancer = create();
    for (FakeWorkers next :
        List.of(workers, workers, workers.without("w0007"), workers.with("w0007"))) {
      Maglev maglev = maglev(next);
      Picker picker = balancer.picker(next);
      for (int k = 0; k < 1000; k++) {
        long key = random.nextLong();
        assertEquals(maglev.worker(key), picker.pick(pick.key(key)));
      }
    }
    workers.weight(3, 9);
    Maglev maglev = maglev(workers);
    Picker picker = balancer.picker(workers);
    for (int k = 0; k < 1000; k++) {
      long key = random.nextLong();
      assertEquals(maglev.worker(key), picker.pick(pick.key(key)));
    }
  }

  @Test
  void aboveTheLimitTheSameWorkersHaveTheSameTable() {
    FakeWorkers workers = FakeWorkers.sized(200);
    Balancer balancer = create();
    long table = 4 * 65_537;
    assertTrue(bytes(balancer, workers) >= table);
    assertTrue(bytes(balancer, FakeWorkers.sized(200).load(3, 7)) < table);
    assertTrue(bytes(balancer, workers.weight(3, 2)) >= table);
    assertTrue(bytes(balancer, workers) < table);
  }

  /** Of what it takes to make a picker. */
  private static long bytes(Balancer balancer, FakeWorkers workers) {
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadAllocatedBytes();
    balancer.picker(workers);
    return thread.getCurrentThreadAllocatedBytes() - before;
  }

  // Room

  /** Against the definition, with sorting and all logarithms. */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 40, 128, 150})
  void theFirstWithRoomIsChosen(int size) {
    for (int round = 0; round < 100; round++) {
      FakeWorkers workers = FakeWorkers.sized(size);
      pick.clearExclusions();
      for (int i = 0; i < size; i++) {
        workers
            .weight(i, weight(round))
            .slots(i, random.nextInt(6))
            .load(i, random.nextInt(12))
            .open(i, random.nextInt(5) > 0);
        if (random.nextInt(5) == 0) {
          pick.exclude(i);
        }
      }
      Picker picker = create().picker(workers);
      Maglev maglev = size > 128 ? maglev(workers) : null;
      for (int k = 0; k < 50; k++) {
        long key = random.nextLong();
        int[] fit = candidates(workers);
        if (fit.length > 0) {
          int first = maglev == null ? -1 : maglev.worker(key);
          assertEquals(firstWithRoom(workers, fit, key, first), picker.pick(pick.key(key)));
        }
      }
    }
  }

  /** A few different weights, or nearly as many as workers and far apart. */
  private double weight(int round) {
    return round % 2 == 0
        ? random.nextInt(8) * 0.5
        : Math.scalb((double) random.nextInt(64), -random.nextInt(12));
  }

  /**
   * One front, popular keys, tasks that end in any order, workers that close and open: who is
   * chosen is never at its bound.
   */
  @Test
  void noLoadGoesOverTheBound() {
    int size = 20;
    FakeWorkers workers = FakeWorkers.sized(size);
    for (int i = 0; i < size; i++) {
      workers.slots(i, 1).weight(i, 1 + i % 3);
    }
    Picker picker = create().picker(workers);
    ArrayDeque<Integer> running = new ArrayDeque<>();
    for (int k = 0; k < 200_000; k++) {
      if (k % 1000 == 0) {
        for (int i = 0; i < size; i++) {
          workers.open(i, random.nextInt(10) > 0);
        }
      }
      long key = Balancers.hash("key-" + (int) Math.exp(random.nextDouble() * Math.log(10_000)));
      int[] fit = candidates(workers);

      int chosen = picker.pick(pick.key(key));

      assertTrue(workers.load(chosen) < cap(workers, fit, chosen));
      workers.load(chosen, workers.load(chosen) + 1);
      running.add(chosen);
      for (int end = random.nextInt(3); end > 0 && running.size() > 60; end--) {
        int ended = random.nextBoolean() ? running.pollFirst() : running.pollLast();
        workers.load(ended, workers.load(ended) - 1);
      }
    }
  }

  /** Whoever comes before the chosen one, and is a candidate, is told to be over its bound. */
  @Test
  void whoIsPassedOverForItsLoadIsTold() {
    int told = 0;
    for (int round = 0; round < 2_000; round++) {
      FakeWorkers workers = FakeWorkers.sized(6);
      pick.clearExclusions();
      for (int i = 0; i < 6; i++) {
        workers
            .weight(i, weight(round))
            .slots(i, random.nextInt(6))
            .load(i, random.nextInt(12))
            .open(i, random.nextInt(5) > 0);
        if (random.nextInt(5) == 0) {
          pick.exclude(i);
        }
      }
      int[] fit = candidates(workers);
      KeyBounds bounds = KeyBounds.of(workers, pick::excluded);
      for (int i = 0; i < 6; i++) {
        int worker = i;
        boolean over =
            fit.length > 1
                && Arrays.stream(fit).anyMatch(each -> each == worker)
                && workers.load(i) >= cap(workers, fit, i);
        String why = bounds.passed(i);
        assertEquals(over, why != null, () -> workers.name(worker) + ": " + why);
        told += over ? 1 : 0;
        if (over) {
          String bound = "over its bound of " + (long) cap(workers, fit, i) + ": ";
          assertTrue(why.startsWith(bound), why);
        }
      }
    }
    assertTrue(told > 500, "that is what this is about");
  }

  /** It would wait there for what its own worker could not give it. */
  @Test
  void aPassedKeyGoesToAFreeSlot() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c", "d");
    int[] order = Balancers.preference(workers, Balancers.hash("k"));
    Picker picker = create().picker(workers);
    pick.key(Balancers.hash("k"));
    workers.load(order[0], 9).load(order[1], 4).load(order[2], 4).load(order[3], 3);
    assertEquals(order[3], picker.pick(pick));
    workers.load(order[3], 4);
    assertEquals(order[1], picker.pick(pick), "nobody has one");
    workers.load(order[0], 5).load(order[3], 0);
    assertEquals(order[0], picker.pick(pick), "its own has room: that is worth waiting for");
    workers.open(order[0], false).load(order[1], 4).load(order[2], 8).load(order[3], 3);
    assertEquals(order[1], picker.pick(pick), "and so is the second while that is closed");
  }

  @Test
  void theBoundIsHalfAboveTheMeanOrTheSlots() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c").load(0, 9).load(1, 2).load(2, 0);
    KeyBounds bounds = KeyBounds.of(workers, i -> false);
    assertEquals("over its bound of 6: 1.5 × the mean load of 4.0", bounds.passed(0));
    assertNull(bounds.passed(1));
    workers.slots(0, 8);
    assertEquals(
        "over its bound of 8: its slots, as 1.5 × the mean load is only 6", bounds.passed(0));
    workers.slots(0, 10);
    assertNull(bounds.passed(0));
  }

  @Test
  void aPopularKeyFillsItsWorkersSlotsFirst() {
    FakeWorkers workers = FakeWorkers.sized(10);
    Picker picker = create().picker(workers);
    pick.key(Balancers.hash("popular"));
    int primary = picker.pick(pick);
    for (int load = 0; load < workers.slots(primary); load++) {
      assertEquals(primary, picker.pick(pick));
      workers.load(primary, load + 1);
    }
    int second = picker.pick(pick);
    assertNotEquals(primary, second);
    workers.load(primary, workers.slots(primary) - 1);
    assertEquals(primary, picker.pick(pick));
  }

  @Test
  void aClosedWorkersKeysComeBack() {
    FakeWorkers workers = FakeWorkers.sized(10);
    Picker picker = create().picker(workers);
    pick.key(Balancers.hash("k"));
    int primary = picker.pick(pick);
    workers.open(primary, false);
    int second = picker.pick(pick);
    assertNotEquals(primary, second);
    workers.open(primary, true);
    assertEquals(primary, picker.pick(pick));
    // A failed attempt excludes its worker, and the retry goes to the same second.
    assertEquals(second, picker.pick(pick.exclude(primary)));
  }

  @Test
  void theKeyIsTheNameOfAWorker() {
    FakeWorkers workers = FakeWorkers.sized(3);
    Picker picker = create().picker(workers);
    for (int i = 0; i < 3; i++) {
      assertTrue(picker.pick(pick.key(workers.nameHash(i))) >= 0);
    }
  }

  @Test
  void withoutKeyTheLeastLoaded() {
    FakeWorkers workers = FakeWorkers.sized(3).load(0, 3).load(1, 2).load(2, 3);
    assertEquals(1, create().picker(workers).pick(pick.noKey()));
  }

  /** The workers of keys {@code 0}, {@code 1} … while everyone is idle. */
  private String[] owners(FakeWorkers workers) {
    Picker picker = create().picker(workers);
    String[] owners = new String[KEYS];
    for (int k = 0; k < KEYS; k++) {
      owners[k] = workers.name(picker.pick(pick.key(Balancers.hash("key-" + k))));
    }
    return owners;
  }

  /** Within five standard deviations. */
  private static void assertShare(double share, int count) {
    assertEquals(KEYS * share, count, 5 * Math.sqrt(KEYS * share * (1 - share)));
  }

  private static Maglev maglev(FakeWorkers workers) {
    int size = workers.size();
    String[] names = new String[size];
    double[] weights = new double[size];
    Arrays.setAll(names, workers::name);
    Arrays.setAll(weights, workers::weight);
    return new Maglev(names, weights, 65_537);
  }

  private int[] candidates(FakeWorkers workers) {
    int[] open =
        IntStream.range(0, workers.size())
            .filter(i -> workers.open(i) && workers.weight(i) > 0)
            .toArray();
    int[] rest = Arrays.stream(open).filter(i -> !pick.excluded(i)).toArray();
    return rest.length > 0 ? rest : open;
  }

  private static int firstWithRoom(FakeWorkers workers, int[] candidates, long key, int first) {
    List<Integer> order =
        Arrays.stream(candidates)
            .boxed()
            .sorted(
                Comparator.comparing((Integer i) -> i != first)
                    .thenComparing(Comparator.comparingDouble(i -> -score(workers, i, key))))
            .toList();
    int own = order.get(0);
    if (candidates.length == 1 || workers.load(own) < cap(workers, candidates, own)) {
      return own;
    }
    return order.stream()
        .filter(i -> workers.load(i) < workers.slots(i))
        .findFirst()
        .or(
            () ->
                order.stream()
                    .filter(i -> workers.load(i) < cap(workers, candidates, i))
                    .findFirst())
        .orElseThrow();
  }

  private static double score(FakeWorkers workers, int i, long key) {
    // The last xor of the mix changes the lower half only: here it is undone.
    long mixed = XxHash64.mix(key ^ workers.nameHash(i));
    double u = (((mixed ^ mixed >>> 32) >>> 11) + 1) / (double) (1L << 53);
    return -workers.weight(i) / StrictMath.log(u);
  }

  private static double cap(FakeWorkers workers, int[] candidates, int i) {
    long load = Arrays.stream(candidates).mapToLong(workers::load).sum();
    double weight = Arrays.stream(candidates).mapToDouble(workers::weight).sum();
    return Math.max(workers.slots(i), Math.ceil(1.5 * (load + 1) * workers.weight(i) / weight));
  }
}
