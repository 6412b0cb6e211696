package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.chaos.Line.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a node without a majority. */
class CutOffTest {
  private static final int NODE = 2;
  private static final long CUT = 1_000_000;
  private static final long OWN = CUT + 2_000_000;
  private static final long DUE = CUT + 8_000_000;
  private static final long HEALS = CUT + 20_000_000;

  @TempDir private Path directory;

  private static CutOff deaf(long noticed, long heals) {
    return new CutOff(NODE, CUT, CUT, noticed, heals);
  }

  private static CutOff mute(long noticed, long heals) {
    return new CutOff(NODE, CUT, -1, noticed, heals);
  }

  @Test
  void who_says_in_time_that_it_is_one_is_silent_from_then_on() {
    CutOff one = deaf(DUE - 1, HEALS);
    assertTrue(one.mustNotice(Detection.USUAL));
    assertTrue(one.inTime(Detection.USUAL));
    assertEquals(DUE - 1, one.silentFrom(Detection.USUAL));
  }

  @Test
  void who_says_so_late_or_never_is_so_all_the_same() {
    for (long noticed : new long[] {-1, DUE + 1}) {
      CutOff one = deaf(noticed, HEALS);
      assertFalse(one.inTime(Detection.USUAL));
      assertEquals(DUE, one.silentFrom(Detection.USUAL));
    }
  }

  @Test
  void who_hears_a_majority_or_not_for_long_need_not_notice() {
    assertFalse(mute(-1, HEALS).mustNotice(Detection.USUAL));
    assertFalse(deaf(-1, DUE).mustNotice(Detection.USUAL));
    CutOff later = new CutOff(NODE, CUT, HEALS - 8_000_000, -1, HEALS);
    assertFalse(later.mustNotice(Detection.USUAL));
  }

  @Test
  void whatever_takes_a_record_is_acknowledged() {
    Path file = directory.resolve("history");
    String name = Chaos.name(NODE);
    try (History history = new History(file)) {
      history.add(line(OWN - 2, Chaos.name(0), Kind.SETTLE, "old"));
      history.add(line(OWN - 1, name, Kind.ACCEPT, "old"));
      history.add(line(OWN + 1, Chaos.name(0), Kind.ACCEPT, "elsewhere"));
      history.add(line(OWN + 1, name, Kind.OUTCOME, "old"));
      history.add(line(OWN + 1, name, Kind.REPEAT, "old"));
      for (Kind kind : Kind.values()) {
        history.add(line(OWN + 2, name, kind, "a"));
      }
      history.add(line(HEALS + 1, name, Kind.ACCEPT, "after"));
    }
    List<Kind> all = List.of(Kind.ACCEPT, Kind.REPEAT, Kind.SAVE, Kind.SETTLE, Kind.OUTCOME);
    assertEquals(all, kinds(deaf(-1, HEALS), file));
    assertEquals(all, kinds(deaf(-1, DUE), file), "a cut that nobody has to notice");
    assertEquals(all.subList(0, 3), kinds(mute(-1, HEALS), file), "others may tell it theirs");
  }

  @Test
  void after_it_had_to_know_it_accepts_and_is_told_nothing() {
    Path file = directory.resolve("history");
    String name = Chaos.name(NODE);
    try (History history = new History(file)) {
      history.add(line(OWN - 1, name, Kind.ACCEPT, "old"));
      history.add(line(DUE + 1, name, Kind.REPEAT, "old"));
      history.add(line(DUE + 1, name, Kind.SETTLE, "a"));
      history.add(line(DUE + 1, name, Kind.OUTCOME, "a"));
    }
    List<Kind> all = List.of(Kind.REPEAT, Kind.SETTLE, Kind.OUTCOME);
    assertEquals(all, kinds(deaf(-1, HEALS), file));
    assertEquals(all, kinds(mute(DUE + 2, HEALS), file));
  }

  private static List<Kind> kinds(CutOff one, Path file) {
    return one.acknowledged(file, Detection.USUAL).stream().map(Line::kind).toList();
  }

  private static Line line(long micros, String node, Kind kind, String task) {
    return new Line(micros, node, kind, task, 0, 0, "");
  }
}
