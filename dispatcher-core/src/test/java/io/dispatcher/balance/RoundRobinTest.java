package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundRobinTest extends BalancerContract {

  /** Starts at the first worker. */
  private final Pick pick = new Pick(startingAt(0));

  private final Balancer balancer = create();

  @Override
  protected Balancer create() {
    return Balancers.roundRobin();
  }

  @Test
  void allInTurn() {
    assertEquals("a b c a b c a", picks(FakeWorkers.of("c", "a", "b"), 7));
  }

  @Test
  void anyStartIsEquallyLikely() {
    FakeWorkers workers = FakeWorkers.sized(10);
    RandomGenerator random = Chance.random();
    int[] counts = new int[10];
    for (int k = 0; k < 100_000; k++) {
      counts[create().picker(workers).pick(new Pick(random))]++;
    }
    Chance.assertUniform(counts);
  }

  /** Where counters of others overflow. */
  @ParameterizedTest
  @ValueSource(
      longs = {
        (1L << 31) - 2,
        (1L << 31) - 1,
        1L << 31,
        (1L << 32) - 1,
        Long.MAX_VALUE - 1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1
      })
  void noStartBreaksTheOrder(long start) {
    for (int size : new int[] {2, 3, 7, 100}) {
      Picker picker = create().picker(FakeWorkers.sized(size));
      Pick fromStart = new Pick(startingAt(start));
      int expected = picker.pick(fromStart);
      for (int k = 0; k < 3 * size; k++) {
        expected = (expected + 1) % size;
        assertEquals(expected, picker.pick(fromStart));
      }
    }
  }

  @Test
  void aJoinerWaitsForItsTurn() {
    FakeWorkers workers = FakeWorkers.of("b", "d", "f");
    assertEquals("b d", picks(workers, 2));
    assertEquals("f a b c d f a", picks(workers.with("a", "c"), 7));
  }

  @Test
  void theLastOneLeaves() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c", "d");
    assertEquals("a b", picks(workers, 2));
    assertEquals("c d a c", picks(workers.without("b"), 4));
  }

  @Test
  void theNextOneLeaves() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c", "d");
    assertEquals("a b", picks(workers, 2));
    assertEquals("d a b d", picks(workers.without("c"), 4));
  }

  @Test
  void theLastOneLeavesFromTheEnd() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c");
    assertEquals("a b c", picks(workers, 3));
    assertEquals("a b a", picks(workers.without("c"), 3));
  }

  @Test
  void allAreReplaced() {
    assertEquals("a b", picks(FakeWorkers.of("a", "b", "c"), 2));
    assertEquals("b2 c2 a2 b2", picks(FakeWorkers.of("a2", "b2", "c2"), 4));
  }

  @Test
  void nobodyForAWhile() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c");
    assertEquals("a b", picks(workers, 2));
    assertEquals(-1, balancer.picker(FakeWorkers.of()).pick(pick));
    assertEquals("c a", picks(workers, 2));
  }

  @Test
  void theSameMembersAgain() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c");
    for (String expected : new String[] {"a", "b", "c", "a", "b"}) {
      assertEquals(expected, picks(workers, 1));
    }
  }

  /** With a counter modulo n, the one after a closed worker would get two turns of three. */
  @Test
  void aClosedWorkersTurnsAreShared() {
    assertEquals("a c a c a c", picks(FakeWorkers.of("a", "b", "c").open(1, false), 6));
    assertEquals("d a d a", picks(FakeWorkers.of("a", "d", "e").weight(2, 0), 4));
  }

  @Test
  void anExcludedWorkerLosesItsTurn() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c");
    Picker picker = balancer.picker(workers);
    pick.exclude(0);
    assertEquals(1, picker.pick(pick));
    pick.clearExclusions();
    assertEquals(2, picker.pick(pick));
    assertEquals(0, picker.pick(pick));
    pick.exclude(0).exclude(1).exclude(2);
    assertEquals(1, picker.pick(pick));
  }

  /** Fronts that start with one worker must not walk in step once there are more. */
  @Test
  void aSingleCandidateIsNoStart() {
    FakeWorkers workers = FakeWorkers.of("a");
    assertEquals(0, balancer.picker(workers).pick(new Pick(Chance.none())));
    Picker picker = balancer.picker(workers.with("b", "c"));
    assertEquals(2, picker.pick(new Pick(startingAt(2))));
  }

  private String picks(FakeWorkers workers, int count) {
    Picker picker = balancer.picker(workers);
    StringBuilder names = new StringBuilder();
    for (int k = 0; k < count; k++) {
      names.append(k == 0 ? "" : " ").append(workers.name(picker.pick(pick)));
    }
    return names.toString();
  }

  private static RandomGenerator startingAt(long start) {
    return () -> start;
  }
}
