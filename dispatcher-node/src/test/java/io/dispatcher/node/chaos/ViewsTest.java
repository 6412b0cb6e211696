package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewsTest {
  private static final State ALL = new State(true, "", 3, true, 0);
  private static final State TWO = new State(true, "", 2, false, 0);
  private static final State NO_MAJORITY =
      new State(false, "store 1 of 3: no majority", 3, true, 0);

  @Test
  void fewer_workers_are_another_view_and_so_is_another_reason() {
    Line fewer = one(ALL, TWO);
    assertEquals(Kind.VIEW, fewer.kind());
    assertEquals("node-1", fewer.node());
    assertEquals(2, fewer.number());
    assertEquals("store 1 of 3: no majority", one(ALL, NO_MAJORITY).text());
  }

  @Test
  void missing_copies_alone_are_none() {
    State unsafe = new State(true, "", 3, false, 7);
    assertEquals(List.of(), views(ALL).changedTo(views(unsafe)));
  }

  @Test
  void who_could_not_be_asked_says_nothing() {
    assertEquals(List.of(), views(ALL).changedTo(new Views(Map.of())));
    assertEquals(List.of(), new Views(Map.of()).changedTo(views(TWO)));
  }

  private static Line one(State before, State after) {
    List<Line> lines = views(before).changedTo(views(after));
    assertEquals(1, lines.size());
    return lines.get(0);
  }

  private static Views views(State state) {
    return new Views(Map.of("node-1", state));
  }
}
