package io.dispatcher.node.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.chaos.Line.Kind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that cannot go on is judged all the same. */
class ChaosCommandTest {
  @TempDir private Path directory;

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final ChaosReport report = new ChaosReport(new PrintStream(said, true, UTF_8));

  @Test
  void a_run_that_fails_shows_too_little_and_says_why() throws Exception {
    Verdict verdict = judged(1);
    assertEquals(3, verdict.exitCode(), verdict::toString);
    assertEquals(1, verdict.accepted());
    assertEquals(0, verdict.lost());
    JsonNode json = new JsonMapper().readTree(report.json(verdict));
    assertTrue(json.get("too_little").toString().contains("node-2 is not back"), json::toString);
    assertEquals(0, json.get("violations").asInt());
    assertTrue(said.toString(UTF_8).contains("node-2 is not back"), said::toString);
  }

  @Test
  void a_promise_that_it_broke_before_counts_more() throws Exception {
    Verdict verdict = judged(2);
    assertEquals(1, verdict.exitCode(), verdict::toString);
  }

  @Test
  void any_other_error_is_one() {
    History history = new History(directory.resolve("history"));
    assertThrows(
        IllegalStateException.class,
        () ->
            ChaosCommand.judged(
                history,
                report,
                () -> {
                  throw new IllegalStateException("a bug");
                }));
    history.close();
  }

  /**
   * As after a run.
   *
   * @param tasks that share an id
   */
  private Verdict judged(int tasks) throws InterruptedException {
    try (History history = new History(directory.resolve("history"))) {
      return ChaosCommand.judged(
          history,
          report,
          () -> {
            history.add(Line.of(Timeline.CLUSTER, Kind.RUN).text("nodes=3 tasks=1"));
            for (int task = 0; task < tasks; task++) {
              history.add(Line.of("node-1", Kind.ACCEPT).task("a", 0).number(task));
            }
            throw new RunFailed("node-2 is not back");
          });
    }
  }
}
