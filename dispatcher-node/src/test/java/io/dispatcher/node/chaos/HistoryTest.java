package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.RunFailed;
import io.dispatcher.node.chaos.Line.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
  @TempDir private Path directory;

  @Test
  void reads_what_was_written() {
    Line full =
        new Line(
            123_456_789L, "node-1", Kind.OUTCOME, "a-1", 2, 7, "failed \"x\"\n\u00e9\ud83d\ude00");
    Line empty = new Line(5, "front", Kind.END, "", 0, 0, "");
    Path file = directory.resolve("history");
    try (History history = new History(file)) {
      history.add(full);
      history.add(empty);
      history.flush();
      List<Line> lines = new ArrayList<>();
      History.read(file, lines::add);
      assertEquals(List.of(full, empty), lines);
    }
  }

  @Test
  void stops_where_the_reader_wants_no_more() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("history"),
            new Line(5, "a", Kind.END, "", 0, 0, "").json() + "\nrubbish\n");
    List<Line> lines = new ArrayList<>();
    History.read(
        file,
        line -> {
          lines.add(line);
          return line.kind() != Kind.END;
        });
    assertEquals(1, lines.size());
  }

  @Test
  void says_which_line_is_none() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("history"),
            new Line(5, "a", Kind.UP, "", 0, 0, "").json() + "\n{\"t\":6,\"no");
    RunFailed failed = assertThrows(RunFailed.class, () -> History.read(file, line -> true));
    assertTrue(String.valueOf(failed.getMessage()).contains("line 2"), failed::toString);
  }

  @Test
  void what_is_no_line_is_none() {
    for (String text :
        List.of(
            "",
            "null",
            "[]",
            "{}",
            "{\"t\":1,\"node\":\"a\",\"op\":\"frob\"}",
            "{\"t\":1,\"op\":\"up\"}")) {
      assertEquals(Optional.empty(), Line.parse(text), text);
    }
  }

  @Test
  void what_comes_after_the_end_counts_no_more() {
    Path file = directory.resolve("history");
    History history = new History(file);
    history.close();
    history.add(Line.of("node-1", Kind.UP));
    List<Line> lines = new ArrayList<>();
    History.read(file, lines::add);
    assertEquals(List.of(), lines);
  }
}
