package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the commands for many dead letters make of the answers of a front. */
class CliLettersTest {

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final ScriptedFront front = new ScriptedFront(this::answer, () -> {});
  private volatile String answer = "";

  @AfterEach
  void close() {
    front.close();
  }

  private String answer(String method, URI uri) {
    asked.add(method + " " + uri);
    return answer;
  }

  private CliRun run(String... arguments) {
    return front.run(arguments);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, true,  0",
    "2, 0, true,  0",
    "0, 3, true,  0",
    "2, 0, false, 3",
    "0, 3, false, 3",
  })
  void what_a_silent_front_has_is_not_known(int done, int more, boolean complete, int code) {
    bulk(done, 0, more, complete);
    for (String verb : List.of("retry", "delete")) {
      assertEquals(code, run("dead-letters", verb, "--all").code());
      CliRun json = run("dead-letters", verb, "--type=shout", "--json");
      assertEquals(code, json.code());
      assertEquals(answer + "\n", json.out());
    }
    assertEquals(
        List.of(
            "POST /v1/dead-letters/retry?all=true",
            "POST /v1/dead-letters/retry?all=false&type=shout",
            "POST /v1/dead-letters/delete?all=true",
            "POST /v1/dead-letters/delete?all=false&type=shout"),
        asked);
  }

  @Test
  void what_is_refused_is_exit_code_4_unless_a_front_is_silent() {
    bulk(1, 2, 3, true);
    CliRun refused = run("dead-letters", "retry", "--all");
    assertEquals(4, refused.code());
    assertEquals("1 retried, 2 refused for now, 3 more: repeat the command\n", refused.out());
    assertEquals("", refused.err());

    bulk(1, 2, 3, false);
    CliRun silent = run("dead-letters", "retry", "--all");
    assertEquals(3, silent.code());
    assertEquals(
        "a front did not answer in time: sums are too low; repeat the command\n", silent.err());
  }

  private void bulk(int done, int refused, int more, boolean complete) {
    answer =
        "{\"done\":%d,\"refused\":%d,\"more\":%d,\"complete\":%b}"
            .formatted(done, refused, more, complete);
  }
}
