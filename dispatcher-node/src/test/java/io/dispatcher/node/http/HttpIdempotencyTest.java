package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Repeats of a submit with its key. */
class HttpIdempotencyTest extends OpenDoor {

  @Test
  void theSameKeyAndContentIsTheSameTask() {
    String[] key = {"Idempotency-Key: \"order \\\"7\\\"\""};
    int before = it.runs.get();

    HttpAnswer first = it.post("/v1/tasks?type=echo", "once", key);
    HttpAnswer second = it.post("/v1/tasks?type=echo", "once", key);
    HttpAnswer third = it.post("/v1/tasks?type=echo&wait=10s", "once", key);
    HttpAnswer other = it.post("/v1/tasks?type=echo", "twice", key);

    assertEquals(202, first.status(), first::toString);
    assertEquals(202, second.status());
    assertEquals(first.id(), second.id());
    assertEquals(first.header("location"), second.header("location"));
    assertEquals("once", third.text());
    assertEquals(first.id(), third.header("task-id"));
    assertEquals(before + 1, it.runs.get());
    assertEquals(422, other.status());
    assertEquals("conflict", other.code());
  }

  @Test
  void aRepeatTellsHowTheTaskStands() {
    HttpAnswer first = it.post("/v1/tasks?type=echo&wait=10s&idempotencyKey=stands", "x");
    HttpAnswer repeat = it.post("/v1/tasks?type=echo&idempotencyKey=stands", "x");

    assertEquals(200, first.status());
    assertEquals("succeeded", repeat.json().get("state").asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"a",
        "a\"b",
        "\"a\"b\"",
        "\"a\\n\"",
        "\"\"",
        "a b",
        "\"\\\"",
        "\"a\\\"",
        "caf\u00e9",
        "a,b"
      })
  void aKeyThatIsNoneIsRefused(String key) {
    HttpAnswer answer = it.post("/v1/tasks?type=echo", "x", "Idempotency-Key: " + key);

    assertEquals(400, answer.status(), answer::toString);
  }

  @Test
  void twoKeysThatDifferAreRefused() {
    assertEquals(
        422, it.post("/v1/tasks?type=echo&idempotencyKey=a", "x", "Idempotency-Key: b").status());
    assertEquals(
        202,
        it.post("/v1/tasks?type=echo&idempotencyKey=same", "x", "Idempotency-Key: same").status());
  }
}
