package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LimitsTest {

  private static final long GIBIBYTE = 1L << 30;

  @Test
  void a_gibibyte_has_room_for_the_documented_numbers() {
    Limits limits = Limits.ofHeap(GIBIBYTE);

    assertEquals(500_000, limits.unfinished());
    assertEquals(100_000, limits.waiting());
    assertEquals(GIBIBYTE / 4, limits.unfinishedBytes());
    assertEquals(GIBIBYTE / 4, limits.outcomeBytes());
    assertEquals(500_000, Limits.ofHeap(64 * GIBIBYTE).unfinished());
  }

  /** A task costs some 500 bytes beside its payload: tiny payloads must not fill a small heap. */
  @Test
  void small_heaps_have_room_for_fewer_tasks_however_small_these_are() {
    for (long heap = 1 << 20; heap < GIBIBYTE; heap *= 2) {
      Limits limits = Limits.ofHeap(heap);
      long most = 500L * (limits.unfinished() + limits.waiting());
      assertTrue(most + limits.unfinishedBytes() + limits.waitingBytes() < 0.7 * heap, "" + limits);
      assertTrue(limits.unfinished() >= 1 && limits.waiting() >= 1, "" + limits);
    }
  }

  @Test
  void a_limit_below_one_is_named() {
    String why =
        assertThrows(IllegalArgumentException.class, () -> Limits.ofHeap(GIBIBYTE).waiting(0))
            .getMessage();
    assertEquals("limit waiting is 0, it must be 1 or more", why);
  }
}
