package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.task.TaskState;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a task stands, and how it ended, for who waits and for who comes later. */
class HttpOutcomeTest extends OpenDoor {

  @Test
  void aFailedTaskIs502WithWhatItFailedWith() {
    HttpAnswer answer = it.post("/v1/tasks?type=fail&retries=0&wait=10s", "luck");

    assertEquals(502, answer.status());
    assertEquals("task-failed", answer.code());
    assertEquals("java.lang.IllegalStateException", answer.json().at("/failure/type").asText());
    assertEquals("no luck", answer.json().at("/failure/message").asText());
    assertEquals("here", answer.json().at("/failure/node").asText());
    String id = answer.json().get("taskId").asText();
    assertEquals(id, answer.header("task-id"));

    HttpAnswer result = it.get("/v1/tasks/" + id + "/result");
    assertEquals(502, result.status());
    assertEquals("no luck", result.json().at("/failure/message").asText());
    HttpAnswer status = it.get("/v1/tasks/" + id);
    assertEquals(200, status.status(), "the failure of a task is no failure to tell of it");
    assertEquals("failed", status.json().get("state").asText());
  }

  @Test
  void anExpiredTaskIs504() {
    HttpAnswer answer = it.post("/v1/tasks?type=held&deadline=50ms&wait=10s", "expires");

    assertEquals(504, answer.status());
    assertEquals("task-expired", answer.code());
    String id = answer.json().get("taskId").asText();
    assertEquals(504, it.get("/v1/tasks/" + id + "/result").status());
  }

  @Test
  void aCancelledTaskIs409() {
    HttpAnswer submitted = it.post("/v1/tasks?type=held", "cancelled");
    String path = "/v1/tasks/" + submitted.id();

    HttpAnswer cancelled = it.post(path + "/cancel", "");
    assertEquals(202, cancelled.status(), cancelled::toString);

    HttpAnswer result = it.get(path + "/result?wait=10s");
    assertEquals(409, result.status());
    assertEquals("task-cancelled", result.code());
    HttpAnswer again = it.post(path + "/cancel", "");
    assertEquals(409, again.status());
    assertEquals("cancelled", again.json().get("state").asText());
  }

  @Test
  void whoDoesNotWaitFindsTheOutcomeLater() {
    HttpAnswer answer = it.post("/v1/tasks?type=echo", "later");
    String path = "/v1/tasks/" + answer.id();

    assertEquals("succeeded", it.get(path + "?wait=10s").json().get("state").asText());
    HttpAnswer result = it.get(path + "/result", "Accept: text/plain");
    assertEquals("later", result.text());
    assertEquals(409, it.post(path + "/cancel", "").status());
  }

  @Test
  void aRunningTaskShowsWhereItIs() {
    HttpAnswer answer = it.post("/v1/tasks?type=held", "shown");
    String path = "/v1/tasks/" + answer.id();

    Awaitility.await().until(() -> it.get(path).json().path("progress").asText(), "half"::equals);
    JsonNode status = it.get(path).json();
    assertEquals("running", status.get("state").asText());
    assertEquals("here", status.get("node").asText());
    assertEquals(1, status.get("attempt").asInt());
    assertEquals("held", status.get("type").asText());
    assertFalse(status.get("stale").asBoolean());
    HttpAnswer early = it.get(path + "/result");
    assertEquals(202, early.status());
    assertEquals("running", early.json().get("state").asText());
    assertEquals("running", it.get(path + "?wait=20ms").json().get("state").asText());
    assertEquals(202, it.get(path + "/result?wait=20ms").status());
    it.letGo("shown");
    assertEquals("done shown", it.get(path + "/result", "Prefer: wait=10").text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bZZZ", "x", "a23456789012345678901234567890123", "1abc", "a.b", "a%20b"})
  void aTaskThatIsNotKnownIs404(String id) {
    assertEquals(404, it.get("/v1/tasks/" + id).status());
    assertEquals(404, it.get("/v1/tasks/" + id + "/result").status());
    assertEquals(404, it.post("/v1/tasks/" + id + "/cancel", "").status());
  }

  @Test
  void aTaskOfRetentionZeroIsGoneOnceFetchedAndItsIdTellsSo() {
    String id = it.post("/v1/tasks?type=echo&retention=0", "x").id();
    String path = "/v1/tasks/" + id;
    // To ask how it stands, even to wait for its end, leaves the outcome where it is.
    assertEquals("succeeded", it.get(path + "?wait=10s").json().get("state").asText());
    assertEquals("succeeded", it.get(path).json().get("state").asText());

    assertEquals("x", it.get(path + "/result").text());

    Awaitility.await().until(() -> it.get(path).status() == 410);
    assertEquals("removed", it.get(path + "/result").json().get("code").asText());
    assertEquals(410, it.post(path + "/cancel", "").status());
    // Nothing but the id is left; another one was never given out.
    char[] other = id.toCharArray();
    other[6] = other[6] == 'A' ? 'B' : 'A';
    assertEquals(404, it.get("/v1/tasks/" + new String(other)).status());
  }

  @Test
  void whoWaitsForAnOutcomeOfRetentionZeroHasFetchedIt() {
    String id = it.post("/v1/tasks?type=echo&wait=10s&retention=0", "x").header("task-id");

    Awaitility.await().until(() -> it.get("/v1/tasks/" + id).status() == 410);
  }

  @Test
  void whoLeavesWhileWaitingFindsTheOutcomeLater() {
    HttpAnswer known;
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(it.head("POST", "/v1/tasks?type=held&wait=10s&idempotencyKey=left", 4) + "left");
      Awaitility.await().until(() -> running("held") > 0);
    }
    known = it.post("/v1/tasks?type=held&idempotencyKey=left", "left");
    it.letGo("left");
    HttpAnswer result = it.get("/v1/tasks/" + known.id() + "/result?wait=10s");
    assertEquals("done left", result.text());
    assertNotEquals(TaskState.REMOVED, state(known.id()));
  }
}
