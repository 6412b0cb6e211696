package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

class CutTest {
  private static final Set<Integer> NOBODY = Set.of();

  @Test
  void those_on_the_smaller_side_are_apart_and_all_who_are_alone() {
    assertEquals(Set.of(2), Cut.apart(3, Set.of(2)).minority(3, NOBODY));
    assertEquals(Set.of(4), Cut.apart(5, Set.of(0, 1, 2, 3)).minority(5, NOBODY));
    assertEquals(Set.of(0, 1), Cut.apart(5, Set.of(0, 1)).minority(5, NOBODY));
    assertEquals(Set.of(3, 4), Cut.apart(5, Set.of(0, 1, 2)).minority(5, NOBODY));
    assertEquals(Set.of(0, 1, 2), Cut.all(3).minority(3, NOBODY));
    assertEquals(Set.of(0, 1, 2, 3, 4), Cut.all(6).minority(5, NOBODY));
  }

  @Test
  void so_is_who_is_mute_or_deaf_and_nobody_for_one_link() {
    assertEquals(Set.of(0), Cut.mute(3, 0).minority(3, NOBODY));
    assertEquals(Set.of(1), Cut.deaf(6, 1).minority(5, NOBODY));
    assertEquals(NOBODY, Cut.pair(0, 1).minority(3, NOBODY));
    assertEquals(NOBODY, Cut.oneWay(0, 1).minority(3, NOBODY));
  }

  @Test
  void a_death_can_leave_all_apart() {
    assertEquals(Set.of(0, 2), Cut.apart(3, Set.of(2)).minority(3, Set.of(1)));
    assertEquals(Set.of(0, 1), Cut.pair(0, 1).minority(3, Set.of(2)));
    assertEquals(Set.of(0, 1), Cut.oneWay(0, 1).minority(3, Set.of(2)));
    assertEquals(NOBODY, Cut.pair(0, 1).minority(3, Set.of(0)));
    assertEquals(Set.of(0, 1, 2, 3), Cut.apart(5, Set.of(0, 1)).minority(5, Set.of(4)));
    assertEquals(Set.of(0), Cut.apart(5, Set.of(0)).minority(5, Set.of(4)));
  }

  @Test
  void who_is_mute_hears_a_majority_and_who_is_deaf_does_not() {
    assertTrue(Cut.mute(3, 0).hearsMajority(0, 3, NOBODY));
    assertTrue(Cut.mute(3, 0).hearsMajority(0, 3, Set.of(1)));
    assertFalse(Cut.mute(3, 0).hearsMajority(1, 3, Set.of(2)));
    assertFalse(Cut.deaf(3, 0).hearsMajority(0, 3, NOBODY));
    assertFalse(Cut.apart(5, Set.of(0, 1)).hearsMajority(0, 5, NOBODY));
    assertTrue(Cut.oneWay(0, 1).hearsMajority(0, 3, Set.of(2)));
    assertFalse(Cut.oneWay(0, 1).hearsMajority(1, 3, Set.of(2)));
  }

  @Test
  void the_name_tells_links_from_nodes() {
    assertTrue(Cut.isOfLink(Cut.pair(0, 1).what()));
    assertTrue(Cut.isOfLink(Cut.oneWay(0, 1).what()));
    assertFalse(Cut.isOfLink(Cut.mute(3, 0).what()));
    assertFalse(Cut.isOfLink(Cut.deaf(3, 0).what()));
    assertFalse(Cut.isOfLink(Cut.all(3).what()));
    assertFalse(Cut.isOfLink(Cut.apart(3, Set.of(1)).what()));
  }
}
