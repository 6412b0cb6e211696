package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Balancer} must do; subclass it for each. */
public abstract class BalancerContract {

  private final RandomGenerator random = Chance.random();

  /** A new balancer that has chosen nothing yet. */
  protected abstract Balancer create();

  @BeforeAll
  static void printSeed(TestInfo info) {
    Chance.printSeed(info.getTestClass().orElseThrow());
  }

  @Test
  void theNameIsOneToWriteInAFile() {
    assertTrue(create().name().matches("[a-z][a-z0-9]*(-[a-z0-9]+)*"), create().name());
  }

  @Test
  void nobodyIsThere() {
    assertEquals(-1, create().picker(FakeWorkers.sized(0)).pick(new Pick(Chance.none())));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 64, 200})
  void nobodyIsACandidate(int size) {
    FakeWorkers closed = FakeWorkers.sized(size).onlyOpen();
    FakeWorkers weightless = FakeWorkers.sized(size);
    for (int i = 0; i < size; i++) {
      weightless.weight(i, 0);
    }
    Pick pick = new Pick(Chance.none());

    assertEquals(-1, create().picker(closed).pick(pick));
    assertEquals(-1, create().picker(weightless).pick(pick));
    pick.key(42).exclude(0);
    assertEquals(-1, create().picker(closed).pick(pick));
    assertEquals(-1, create().picker(weightless).pick(pick));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 64, 65, 200})
  void aSingleCandidateNeedsNoChance(int size) {
    for (int only : new int[] {0, size / 2, size - 1}) {
      FakeWorkers open = FakeWorkers.sized(size).onlyOpen(only);
      FakeWorkers weighty = FakeWorkers.sized(size);
      Pick excluding = new Pick(Chance.none());
      Pick excludingAll = new Pick(Chance.none());
      for (int i = 0; i < size; i++) {
        weighty.weight(i, i == only ? 1 : 0);
        excludingAll.exclude(i);
        if (i != only) {
          excluding.exclude(i);
        }
      }
      for (Pick key : new Pick[] {new Pick(Chance.none()), new Pick(Chance.none()).key(7)}) {
        assertEquals(only, create().picker(open).pick(key));
        assertEquals(only, create().picker(weighty).pick(key));
      }
      assertEquals(only, create().picker(FakeWorkers.sized(size)).pick(excluding));
      assertEquals(only, create().picker(open).pick(excludingAll));
      assertEquals(only, create().picker(open).pick(excludingAll.key(7)));
    }
  }

  @Test
  void exclusionsAreIgnoredIfTheyLeaveNobody() {
    Pick pick = new Pick(random);
    Picker picker = create().picker(FakeWorkers.sized(5).onlyOpen(1, 3));
    pick.exclude(1).exclude(3);
    for (int k = 0; k < 100; k++) {
      int chosen = picker.pick(pick);
      assertTrue(chosen == 1 || chosen == 3, "chose " + chosen);
    }
    pick.clearExclusions().exclude(1);
    for (int k = 0; k < 100; k++) {
      assertEquals(3, picker.pick(pick));
    }
  }

  /** Whatever the state, and while workers come and go, the choice is a candidate. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 63, 64, 65, 128, 129, 300})
  void onlyCandidatesAreChosen(int size) {
    Balancer balancer = create();
    Pick pick = new Pick(random);
    for (int snapshot = 0; snapshot < 50; snapshot++) {
      FakeWorkers workers = someOf(size);
      Picker picker = balancer.picker(workers);
      for (int k = 0; k < 40; k++) {
        disturb(workers, pick);
        boolean[] fit = candidates(workers, pick);
        long[] loads = loads(workers);

        int chosen = picker.pick(pick);

        if (chosen == -1) {
          for (boolean candidate : fit) {
            assertFalse(candidate);
          }
        } else {
          assertTrue(fit[chosen]);
        }
        for (int i = 0; i < loads.length; i++) {
          assertEquals(loads[i], workers.load(i));
        }
      }
    }
  }

  @Test
  void anyKeyWillDo() {
    Picker picker = create().picker(FakeWorkers.sized(5));
    Pick pick = new Pick(random);
    for (long hash : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      int chosen = picker.pick(pick.key(hash));
      assertTrue(chosen >= 0 && chosen < 5, "chose " + chosen);
    }
  }

  /** Sixteen fronts of an idle cluster, one task each, must not all take the same worker. */
  @Test
  void frontsDoNotWalkInStep() {
    FakeWorkers workers = FakeWorkers.sized(16);
    Set<Integer> chosen = new HashSet<>();
    for (int front = 0; front < 16; front++) {
      chosen.add(create().picker(workers).pick(new Pick(random)));
    }
    assertTrue(chosen.size() >= 6, "sixteen fronts chose only " + chosen);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 100, 300})
  void nothingIsAllocated(int size) {
    FakeWorkers workers = FakeWorkers.sized(size).open(1, false);
    Picker picker = create().picker(workers);
    Pick pick = new Pick(Chance.random());
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long before = thread.getCurrentThreadAllocatedBytes();
      for (int k = 0; k < 2_000; k++) {
        picker.pick(pick.clearExclusions().noKey());
        picker.pick(pick.exclude(0).key(k * 0x9E3779B97F4A7C15L));
      }
      least = Math.min(least, thread.getCurrentThreadAllocatedBytes() - before);
    }
    assertTrue(least < 2_000, least + " bytes in 4,000 picks");
  }

  /** What a picker needs is made with it, not by its first picks, however rarely those come. */
  @ParameterizedTest
  @ValueSource(ints = {3, 100, 300})
  void theFirstPicksAllocateNothing(int size) {
    Balancer balancer = create();
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Pick plain = new Pick(Chance.random());
    Pick key = new Pick(Chance.random()).key(random.nextLong());
    Pick retry = new Pick(Chance.random()).exclude(0).exclude(size - 2);
    long least = Long.MAX_VALUE;
    for (int snapshot = 0; snapshot < 40; snapshot++) {
      FakeWorkers workers = FakeWorkers.sized(size);
      Picker picker = balancer.picker(snapshot % 2 == 0 ? workers : workers.without("w0001"));
      long before = thread.getCurrentThreadAllocatedBytes();
      picker.pick(plain);
      picker.pick(key);
      picker.pick(retry);
      least = Math.min(least, thread.getCurrentThreadAllocatedBytes() - before);
    }
    assertEquals(0, least, "bytes in the first picks of a picker");
  }

  private FakeWorkers someOf(int size) {
    FakeWorkers workers = FakeWorkers.sized(size);
    for (int i = size - 1; i >= 0; i--) {
      if (random.nextInt(4) == 0) {
        workers = workers.without(workers.name(i));
      }
    }
    for (int i = 0; i < workers.size(); i++) {
      workers.weight(i, random.nextInt(4) * 0.5).slots(i, random.nextInt(5));
    }
    return workers;
  }

  private void disturb(FakeWorkers workers, Pick pick) {
    int closed = random.nextInt(1, 101);
    int excluded = random.nextInt(101);
    pick.clearExclusions().clearSessions();
    for (int i = 0; i < workers.size(); i++) {
      workers.load(i, random.nextInt(10)).open(i, random.nextInt(100) >= closed);
      if (random.nextInt(100) < excluded) {
        pick.exclude(i);
      }
      if (random.nextInt(2 * workers.size()) == 0) {
        pick.bind(i);
      }
    }
    if (random.nextBoolean()) {
      pick.key(random.nextLong());
    } else {
      pick.noKey();
    }
  }

  /** Who may be chosen; nobody if there is no candidate. */
  private static boolean[] candidates(FakeWorkers workers, Pick pick) {
    boolean[] fit = new boolean[workers.size()];
    boolean any = false;
    for (int i = 0; i < fit.length; i++) {
      fit[i] = workers.open(i) && workers.weight(i) > 0 && !pick.excluded(i);
      any |= fit[i];
    }
    for (int i = 0; !any && i < fit.length; i++) {
      fit[i] = workers.open(i) && workers.weight(i) > 0;
    }
    return fit;
  }

  private static long[] loads(FakeWorkers workers) {
    long[] loads = new long[workers.size()];
    for (int i = 0; i < loads.length; i++) {
      loads[i] = workers.load(i);
    }
    return loads;
  }
}
