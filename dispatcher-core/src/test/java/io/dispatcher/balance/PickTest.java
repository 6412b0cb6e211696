package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PickTest {

  private final RandomGenerator random = Chance.random();
  private final Pick pick = new Pick(random);

  @Test
  void nothingIsSetAtFirst() {
    assertFalse(pick.hasKey());
    assertNull(pick.zone());
    assertFalse(pick.hasExclusions());
    assertFalse(pick.excluded(0));
    assertFalse(pick.excluded(100_000));
    assertEquals(random, pick.random());
  }

  @Test
  void aKeyOfZeroIsAKey() {
    assertTrue(pick.key(0).hasKey());
    assertEquals(-1, pick.key(-1).keyHash());
    assertFalse(pick.noKey().hasKey());
  }

  @Test
  void aZoneCanBeTakenBack() {
    assertEquals("eu-1", pick.zone("eu-1").zone());
    assertNull(pick.zone(null).zone());
  }

  @Test
  void exclusionsAreASet() {
    for (int round = 0; round < 100; round++) {
      pick.clearExclusions();
      BitSet expected = new BitSet();
      int limit = 1 << random.nextInt(1, 12);
      for (int k = 0; k < 20; k++) {
        int i = random.nextInt(limit);
        pick.exclude(i);
        expected.set(i);
      }
      assertTrue(pick.hasExclusions());
      for (int i = 0; i < 5000; i++) {
        assertEquals(expected.get(i), pick.excluded(i));
      }
    }
    assertFalse(pick.clearExclusions().hasExclusions());
  }

  @Test
  void theLastDrawsAreKept() {
    assertFalse(pick.drawn(0));
    for (int i = 0; i < 20; i++) {
      pick.drew(i);
    }
    for (int i = 0; i < 25; i++) {
      assertEquals(i >= 12 && i < 20, pick.drawn(i), "worker " + i);
    }
    pick.clearDraws().drew(3);
    assertTrue(pick.drawn(3));
    assertFalse(pick.drawn(19));
  }

  @Test
  void nobodyIsNoWorker() {
    assertThrows(IndexOutOfBoundsException.class, () -> pick.exclude(-1));
  }
}
