package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OwnerlessTest {
  private static final long SECOND = 1_000_000;

  private final Ownerless ownerless = new Ownerless(Detection.USUAL);

  @Test
  void what_lacks_an_owner_for_longer_than_detection_and_five_seconds_is_told() {
    look(0, 20, true, Set.of());
    assertEquals(Map.of(1, 20.0), ownerless.tooLong());
    assertEquals(20, ownerless.longest());
  }

  @Test
  void one_look_tells_nothing() {
    look(0, 0, true, Set.of());
    assertEquals(0, ownerless.nodes());
    look(1, 1, true, Set.of());
    assertEquals(1, ownerless.nodes());
  }

  @Test
  void what_is_adopted_sooner_is_not() {
    look(0, 13, true, Set.of());
    assertEquals(Map.of(), ownerless.tooLong());
    assertEquals(13, ownerless.longest());
  }

  @Test
  void who_has_no_majority_adopts_nothing_and_need_not() {
    look(0, 20, false, Set.of());
    look(20, 33, true, Set.of());
    assertEquals(Map.of(), ownerless.tooLong());
  }

  @Test
  void nobody_knows_what_was_between_two_looks_far_apart() {
    look(0, 30, true, Set.of(12, 13, 14));
    assertEquals(15, ownerless.longest());
  }

  /** Once a second, but not then; without an owner since the beginning. */
  private void look(int from, int to, boolean ready, Set<Integer> away) {
    for (int at = from; at <= to; at++) {
      if (!away.contains(at)) {
        ownerless.seen(1, ready ? at : -1, at * SECOND);
      }
    }
  }
}
