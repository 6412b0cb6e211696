package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CutTest {
  @Test
  void those_on_the_smaller_side_are_a_minority_and_all_who_are_alone() {
    assertEquals(Set.of(2), Cut.apart(3, Set.of(2)).minority(3));
    assertEquals(Set.of(4), Cut.apart(5, Set.of(0, 1, 2, 3)).minority(5));
    assertEquals(Set.of(0, 1), Cut.apart(5, Set.of(0, 1)).minority(5));
    assertEquals(Set.of(3, 4), Cut.apart(5, Set.of(0, 1, 2)).minority(5));
    assertEquals(Set.of(0, 1, 2), Cut.all(3).minority(3));
    assertEquals(Set.of(0, 1, 2, 3, 4), Cut.all(5).minority(5));
    for (Cut cut : List.of(Cut.pair(0, 1), Cut.oneWay(0, 1), Cut.mute(3, 0), Cut.deaf(3, 0))) {
      assertEquals(Set.of(), cut.minority(3), cut.what());
    }
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
