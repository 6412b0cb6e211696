package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ChanceTest {

  @Test
  void limitsAreThoseOfTheTables() {
    assertEquals(46.0, Chance.chiSquareLimit(9), 1);
    assertEquals(64.4, Chance.chiSquareLimit(19), 1);
    assertEquals(181, Chance.chiSquareLimit(99), 1);
    assertEquals(1226, Chance.chiSquareLimit(999), 1);
  }

  @Test
  void aSkewIsFound() {
    assertThrows(
        AssertionError.class, () -> Chance.assertUniform(new int[] {1000, 1000, 1000, 1300}));
  }
}
