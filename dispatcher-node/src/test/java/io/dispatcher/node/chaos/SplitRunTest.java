package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.chaos.Line.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a minority. */
class SplitRunTest {
  private static final int NODE = 2;
  private static final long CUT = 1_000_000;
  private static final long DUE = CUT + 8_000_000;
  private static final long HEALS = CUT + 20_000_000;

  @TempDir private Path directory;

  @Test
  void who_says_in_time_that_it_is_one_is_silent_from_then_on() {
    SplitRun.CutOff one = new SplitRun.CutOff(NODE, CUT, DUE - 1, HEALS);
    assertTrue(one.inTime(Detection.USUAL));
    assertEquals(DUE - 1, one.silentFrom(Detection.USUAL));
  }

  @Test
  void who_says_so_late_or_never_is_so_all_the_same() {
    for (long noticed : new long[] {-1, DUE + 1}) {
      SplitRun.CutOff one = new SplitRun.CutOff(NODE, CUT, noticed, HEALS);
      assertFalse(one.inTime(Detection.USUAL));
      assertEquals(DUE, one.silentFrom(Detection.USUAL));
    }
  }

  @Test
  void whatever_takes_a_record_is_acknowledged() {
    Path file = directory.resolve("history");
    String name = Chaos.name(NODE);
    try (History history = new History(file)) {
      history.add(line(DUE - 2, Chaos.name(0), Kind.SETTLE, "old"));
      history.add(line(DUE - 1, name, Kind.ACCEPT, "before"));
      history.add(line(DUE + 1, Chaos.name(0), Kind.ACCEPT, "elsewhere"));
      history.add(line(DUE + 1, name, Kind.OUTCOME, "old"));
      for (Kind kind : Kind.values()) {
        history.add(line(DUE + 2, name, kind, "a"));
      }
      history.add(line(HEALS + 1, name, Kind.ACCEPT, "after"));
    }
    assertEquals(
        List.of(Kind.ACCEPT, Kind.REPEAT, Kind.SAVE, Kind.SETTLE, Kind.OUTCOME),
        SplitRun.acknowledged(file, name, DUE, HEALS).stream().map(Line::kind).toList());
  }

  private static Line line(long micros, String node, Kind kind, String task) {
    return new Line(micros, node, kind, task, 0, 0, "");
  }
}
