package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The commands about dead letters, in this process, against nodes in others. */
@ExtendWith(ContractCluster.Shared.class)
abstract class CliLettersContract {

  private static final Duration SOON = Duration.ofSeconds(20);

  private static String url;

  @BeforeAll
  static void start(ContractCluster cluster) {
    url = String.join(",", cluster.urls());
    assertEquals(0, run("submit", "shout", "--data=a", "--admission=10s", "--wait=30s").code());
  }

  private static CliRun run(String... arguments) {
    return CliRun.at(url, arguments);
  }

  /** Tasks that have failed with this text, once they are dead letters. */
  private static List<String> failed(String text, int tasks) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      ids.add(run("submit", "fail", "--data=" + text, "--retries=0").out().strip());
    }
    awaitLetters(text, tasks);
    return ids;
  }

  private static void awaitLetters(String text, int count) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertEquals(count, letters("--error=" + text).get("total").asInt()));
  }

  /** A list that no front is missing from. */
  private static JsonNode letters(String... filter) {
    List<String> words = new ArrayList<>(List.of("dead-letters", "list", "--json"));
    words.addAll(List.of(filter));
    return await()
        .atMost(SOON)
        .until(() -> list(words).json(), list -> list.get("complete").asBoolean());
  }

  private static CliRun list(List<String> words) {
    CliRun listed = run(words.toArray(String[]::new));
    assertEquals(0, listed.code(), listed.err());
    return listed;
  }

  @Test
  void dead_letters_are_listed_by_filters_and_in_pages() throws Exception {
    String text = "lost & found " + UUID.randomUUID();
    List<String> ids = failed(text, 3);

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              CliRun listed = run("dead-letters", "list", "--type=fail", "--error=" + text);
              assertEquals(0, listed.code(), listed.err());
              assertTrue(listed.out().startsWith("TASK"), listed.out());
              assertTrue(listed.out().endsWith("3 of 3\n"), listed.out());
              ids.forEach(id -> assertTrue(listed.out().contains(id), listed.out()));
              assertEquals("", listed.err());
            });

    assertEquals(0, letters("--type=shout", "--error=" + text).get("total").asInt());
    assertEquals(3, letters("--error=" + text, "--younger-than=1h").get("total").asInt());
    assertEquals(0, letters("--error=" + text, "--older-than=1h").get("total").asInt());

    CliRun first =
        await()
            .atMost(SOON)
            .until(
                () -> run("dead-letters", "list", "--error=" + text, "--limit=2"),
                list -> list.out().endsWith("2 of 3\n"));
    String cursor = first.err().replace("more with --cursor ", "").strip();
    JsonNode second = letters("--error=" + text, "--limit=2", "--cursor=" + cursor);
    assertEquals(1, second.get("letters").size());
    String left = second.at("/letters/0/id").asText();
    assertTrue(ids.contains(left) && !first.out().contains(left), first.out() + left);
  }

  @Test
  void a_dead_letter_is_shown_retried_and_deleted() throws Exception {
    String text = "torn " + UUID.randomUUID();
    String id = failed(text, 1).get(0);

    CliRun got = run("dead-letters", "get", id);
    assertEquals(0, got.code(), got.err());
    assertTrue(got.out().startsWith("Task      " + id + " (fail)"), got.out());
    assertTrue(got.out().contains("java.lang.IllegalStateException: " + text), got.out());
    assertTrue(got.out().endsWith("Payload   " + text + "\n"), got.out());
    JsonNode json = run("dead-letters", "get", id, "--json").json();
    assertEquals(text, json.get("payload").asText());
    assertEquals(1, json.get("attempts").asInt());

    CliRun retried = run("dead-letters", "retry", id);
    assertEquals(0, retried.code(), retried.err());
    assertTrue(retried.out().startsWith("retried as task "), retried.out());
    String again = retried.out().replace("retried as task ", "").strip();
    assertEquals(id, run("task", "get", again, "--json").json().get("retryOf").asText());
    awaitLetters(text, 1);
    assertEquals(again, letters("--error=" + text).at("/letters/0/id").asText());

    CliRun deleted = run("dead-letters", "delete", again);
    assertEquals(0, deleted.code(), deleted.err());
    assertEquals("deleted\n", deleted.out());
    awaitLetters(text, 0);
  }

  @Test
  void dead_letters_that_match_are_retried_and_deleted_together() throws Exception {
    String text = "soaked " + UUID.randomUUID();
    List<String> ids = failed(text, 3);
    failed("dry " + text, 1);

    CliRun none = run("dead-letters", "retry", "--error=" + text, "--older-than=1h");
    assertEquals(0, none.code(), none.err());
    assertEquals("0 retried\n", none.out());
    CliRun retried = run("dead-letters", "retry", "--type=fail", "--error=" + text, "--json");
    assertEquals(0, retried.code(), retried.err());
    assertEquals(4, retried.json().get("done").asInt());
    awaitLetters(text, 4);
    letters("--error=" + text)
        .get("letters")
        .forEach(letter -> assertFalse(ids.contains(letter.get("id").asText())));

    CliRun dry = run("dead-letters", "delete", "--error=dry " + text);
    assertEquals("1 deleted\n", dry.out(), dry.err());
    awaitLetters(text, 3);
    CliRun all = run("dead-letters", "delete", "--all", "--error=" + text);
    assertEquals(0, all.code(), all.err());
    assertEquals("3 deleted\n", all.out());
    assertEquals(0, letters("--error=" + text).get("total").asInt());

    failed(text, 1);
    await().atMost(SOON).until(() -> run("dead-letters", "delete", "--all").code() == 0);
    assertEquals(0, letters().get("total").asInt());
  }
}
