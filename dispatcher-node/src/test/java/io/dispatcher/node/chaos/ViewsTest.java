package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewsTest {
  private static final View ALL = new View(3, "", 7);
  private static final View TWO = new View(2, "", 7);
  private static final View NO_MAJORITY = new View(3, "store 1 of 3: no majority", 7);

  @Test
  void fewer_workers_are_another_view_and_so_is_another_reason() {
    Line fewer = one(ALL, TWO);
    assertEquals(Kind.VIEW, fewer.kind());
    assertEquals("node-1", fewer.node());
    assertEquals(2, fewer.number());
    assertEquals("store 1 of 3: no majority", one(ALL, NO_MAJORITY).text());
  }

  @Test
  void one_that_was_removed_and_is_back_is_another_view() {
    assertEquals(3, one(ALL, new View(3, "", 9)).number());
  }

  @Test
  void the_same_view_is_no_other_one() {
    assertEquals(List.of(), views(ALL).changedTo(views(new View(3, "", 7))));
  }

  @Test
  void who_could_not_be_asked_says_nothing() {
    assertEquals(List.of(), views(ALL).changedTo(new Views(Map.of())));
    assertEquals(List.of(), new Views(Map.of()).changedTo(views(TWO)));
  }

  private static Line one(View before, View after) {
    List<Line> lines = views(before).changedTo(views(after));
    assertEquals(1, lines.size());
    return lines.get(0);
  }

  private static Views views(View view) {
    return new Views(Map.of("node-1", view));
  }
}
