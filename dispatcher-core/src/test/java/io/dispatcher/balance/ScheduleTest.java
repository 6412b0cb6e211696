package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ScheduleTest {

  /** The trace in nginx's commit 52327e062. */
  @Test
  void nginxTrace() {
    int[][] currentAfter = {
      {-2, 1, 1}, {-4, 2, 2}, {1, -4, 3}, {-1, -3, 4}, {4, -2, -2}, {2, -1, -1}, {0, 0, 0}
    };
    int[] chosen = {0, 0, 1, 0, 2, 0, 0};
    var turns = new Schedule.SmoothTurns(new int[] {5, 1, 1});
    for (int k = 0; k < chosen.length; k++) {
      assertEquals(chosen[k], turns.next());
      assertArrayEquals(currentAfter[k], turns.current);
    }
  }

  /** Derived by the same rule. */
  @Test
  void smoothOrders() {
    assertArrayEquals(order("abacaba"), Schedule.smooth(new int[] {4, 2, 1}));
    assertArrayEquals(order("cbacbc"), Schedule.smooth(new int[] {1, 2, 3}));
    assertArrayEquals(order("cbcacbcacbc"), Schedule.smooth(new int[] {2, 3, 6}));
  }

  /** What Envoy's round robin test expects for the weights 1 and 2. */
  @Test
  void envoyWeightedRoundRobin() {
    assertArrayEquals(new int[] {1, 0, 1, 1, 0, 1}, repeat(Schedule.chairs(new int[] {1, 2}), 2));
  }

  @Test
  void everyoneHasItsTurnsAndNobodyIsFarFromItsShare() {
    RandomGenerator random = Chance.random();
    for (int round = 0; round < 2000; round++) {
      int[] turns = new int[random.nextInt(1, 12)];
      Arrays.setAll(turns, i -> random.nextInt(1, 30));
      // Mostly 1 at most, but not always: 1.04 was seen.
      assertEven(turns, Schedule.smooth(turns), 1.25);
      assertEven(turns, Schedule.chairs(turns), 1.0);
      var smooth = new Schedule.SmoothTurns(turns);
      for (int k = 0; k < Arrays.stream(turns).sum(); k++) {
        smooth.next();
      }
      assertArrayEquals(new int[turns.length], smooth.current);
    }
  }

  /** Where earliest deadline first would have a hundred turns of the first in a row. */
  @Test
  void oneHeavyAmongManyLight() {
    int[] turns = new int[101];
    Arrays.fill(turns, 1);
    turns[0] = 100;
    assertEven(turns, Schedule.chairs(turns), 1.0);
  }

  private static void assertEven(int[] turns, int[] order, double farthest) {
    double total = order.length;
    int[] counts = new int[turns.length];
    for (int t = 1; t <= order.length; t++) {
      counts[order[t - 1]]++;
      for (int i = 0; i < turns.length; i++) {
        double off = Math.abs(counts[i] - t * turns[i] / total);
        assertTrue(off <= farthest + 1e-9, () -> Arrays.toString(turns) + " is off by " + off);
      }
    }
    assertArrayEquals(turns, counts);
  }

  @Test
  void weightsAreReducedExactly() {
    assertArrayEquals(new int[] {1, 2, 3}, Schedule.turns(new double[] {100, 200, 300}));
    assertArrayEquals(new int[] {1, 3, 0}, Schedule.turns(new double[] {0.5, 1.5, 0}));
    assertArrayEquals(new int[] {1, 3}, Schedule.turns(new double[] {1.0 / 3, 1}));
    assertArrayEquals(new int[] {7, 100}, Schedule.turns(new double[] {0.7, 10}));
    assertArrayEquals(new int[] {0, 1, 0}, Schedule.turns(new double[] {0, 1e9, 0}));
    assertArrayEquals(new int[] {0, 0}, Schedule.turns(new double[] {0, 0}));
    assertArrayEquals(new int[] {}, Schedule.turns(new double[] {}));
  }

  @Test
  void longRoundsAreRounded() {
    assertArrayEquals(new int[] {4095, 1}, Schedule.turns(new double[] {1e9, 1}));
    assertArrayEquals(new int[] {1, 4095}, Schedule.turns(new double[] {1e-12, 1}));
    assertArrayEquals(
        new int[] {1, 1, 4094}, Schedule.turns(new double[] {Math.E * 1e-9, 1e-9, 1e300}));
    double[] odd = {Math.PI, Math.E, Math.sqrt(2)};
    int[] turns = Schedule.turns(odd);
    int length = Arrays.stream(turns).sum();
    assertEquals(Schedule.LONGEST, length);
    for (int i = 0; i < 3; i++) {
      assertEquals(odd[i] / Arrays.stream(odd).sum() * length, turns[i], 1);
    }
  }

  @Test
  void noRoundIsTooLong() {
    RandomGenerator random = Chance.random();
    for (int size : new int[] {1, 3, 50, 129, 1000}) {
      double[] weights = new double[size];
      Arrays.setAll(weights, i -> Math.exp(8 * random.nextDouble()));
      int[] turns = Schedule.turns(weights);
      assertTrue(Arrays.stream(turns).min().orElseThrow() >= 1);
      assertTrue(Schedule.of(weights).length <= Schedule.LONGEST);
    }
  }

  private static int[] order(String letters) {
    return letters.chars().map(letter -> letter - 'a').toArray();
  }

  private static int[] repeat(int[] order, int times) {
    int[] all = new int[order.length * times];
    Arrays.setAll(all, k -> order[k % order.length]);
    return all;
  }
}
