package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CutTest {
  @Test
  void only_one_who_is_apart_from_all_is_lone() {
    assertEquals(OptionalInt.of(2), Cut.apart(3, Set.of(2)).lone(3));
    assertEquals(OptionalInt.of(4), Cut.apart(5, Set.of(0, 1, 2, 3)).lone(5));
    for (Cut cut :
        List.of(Cut.all(3), Cut.pair(0, 1), Cut.oneWay(0, 1), Cut.mute(3, 0), Cut.deaf(3, 0))) {
      assertEquals(OptionalInt.empty(), cut.lone(3), cut.what());
    }
    assertEquals(OptionalInt.empty(), Cut.apart(5, Set.of(0, 1)).lone(5));
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
