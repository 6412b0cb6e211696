package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaglevTest {

  /** Envoy, maglev_lb_test.cc. */
  @Test
  void envoyTables() {
    String[] addresses = names(6, i -> "127.0.0.1:" + (90 + i));
    assertArrayEquals(new int[] {2, 4, 0, 1, 5, 0, 3}, equal(addresses, 7).table());
    String[] ports = names(6, i -> "" + (90 + i));
    assertArrayEquals(new int[] {2, 5, 0, 3, 4, 1, 0}, equal(ports, 7).table());
  }

  /** Envoy, maglev_lb_test.cc. */
  @Test
  void envoyWeightedTable() {
    String[] two = {"127.0.0.1:90", "127.0.0.1:91"};
    Maglev weighted = new Maglev(two, new double[] {1, 2}, 17);
    assertArrayEquals(
        new int[] {1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1}, weighted.table());
    assertArrayEquals(new int[] {6, 11}, counts(weighted, 2));
    int[] equal = counts(equal(two, 17), 2);
    Arrays.sort(equal);
    assertArrayEquals(new int[] {8, 9}, equal);
  }

  /** Envoy's documentation of its Maglev balancer. */
  @Test
  void envoyShares() {
    String[] two = {"127.0.0.1:90", "127.0.0.1:91"};
    assertArrayEquals(
        new int[] {21_846, 43_691}, counts(new Maglev(two, new double[] {1, 2}, 65_537), 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 129, 655, 1000})
  void equalWeightsDifferByOnePlaceAtMost(int size) {
    int places = Maglev.size(size);
    for (int count : counts(equal(names(size, i -> "w" + i), places), size)) {
      assertTrue(count == places / size || count == places / size + 1, "has " + count);
    }
  }

  @Test
  void placesAreInProportionToWeights() {
    double[] weights = {0, 0.5, 1.5, 1, 0, 7};
    int[] counts = counts(new Maglev(names(6, i -> "w" + i), weights, 65_537), 6);
    for (int i = 0; i < 6; i++) {
      assertEquals(weights[i] / 10 * 65_537, counts[i], 2);
    }
  }

  /** Maglev moves more than the leaver's keys, but not by much while there are few workers. */
  @ParameterizedTest
  @CsvSource({"10, 1.05", "100, 1.6", "1000, 7.2"})
  void fewPlacesMove(int size, double times) {
    String[] names = names(size, i -> "worker-" + i);
    double moved = 0;
    for (int leaver = 0; leaver < 5; leaver++) {
      int gone = leaver * size / 5;
      int[] old = equal(names, 65_537).table();
      double[] weights = new double[size];
      Arrays.fill(weights, 1);
      weights[gone] = 0;
      int[] now = new Maglev(names, weights, 65_537).table();
      moved += IntStream.range(0, old.length).filter(k -> old[k] != now[k]).count() / 5.0;
    }
    double optimum = 65_537.0 / size;
    assertTrue(moved <= times * optimum, moved / optimum + " times the optimum");
  }

  @Test
  void sizesArePrimesAndLargeEnough() {
    assertEquals(65_537, Maglev.size(129));
    assertEquals(65_537, Maglev.size(655));
    assertEquals(131_101, Maglev.size(656));
    assertEquals(131_101, Maglev.size(1000));
    assertEquals(262_147, Maglev.size(1311));
  }

  @Test
  void nobodyHasAWeight() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Maglev(new String[] {"a"}, new double[] {0}, 65_537));
  }

  private static Maglev equal(String[] names, int size) {
    double[] weights = new double[names.length];
    Arrays.fill(weights, 1);
    return new Maglev(names, weights, size);
  }

  private static int[] counts(Maglev maglev, int workers) {
    int[] counts = new int[workers];
    for (int i : maglev.table()) {
      counts[i]++;
    }
    return counts;
  }

  private static String[] names(int size, java.util.function.IntFunction<String> name) {
    return IntStream.range(0, size).mapToObj(name).toArray(String[]::new);
  }
}
