package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dead letters over HTTP; every answer is held against the description. */
class DeadLetterDoorTest {

  private static final String LETTERS = "/v1/dead-letters";

  private final DoorFixture it = new DoorFixture();

  @AfterEach
  void close() {
    it.close();
  }

  /** A task that has failed, and is a dead letter. */
  private String failed(String payload) {
    HttpAnswer answer = it.post("/v1/tasks?type=fail&retries=0&wait=10s", payload);
    assertEquals(502, answer.status());
    String id = answer.header("task-id");
    await(() -> it.get(LETTERS + "/" + id).status() == 200);
    return id;
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(condition);
  }

  private long total(String query) {
    return it.get(LETTERS + query).json().get("total").asLong();
  }

  @Test
  void aFailedTaskIsListedAndShownWithItsPayload() {
    String id = failed("work");

    JsonNode page = it.get(LETTERS).json();
    assertEquals(1, page.get("total").asLong());
    assertTrue(page.get("complete").asBoolean());
    JsonNode letter = page.get("letters").get(0);
    assertEquals(id, letter.get("id").asText());
    assertEquals("fail", letter.get("type").asText());
    assertEquals("no work", letter.get("failure").get("message").asText());
    assertNull(letter.get("payload"));

    JsonNode whole = it.get(LETTERS + "/" + id).json();
    assertEquals("work", whole.get("payload").asText());
    assertEquals(4, whole.get("payloadBytes").asInt());
    assertFalse(whole.get("failure").get("trace").asText().isEmpty());
    assertEquals(404, it.get(LETTERS + "/none").status());
    assertEquals(405, it.post(LETTERS, "").status());
  }

  @Test
  void aRetryIsANewTaskThatNamesWhatItRepeats() {
    String id = failed("again");

    HttpAnswer retried = it.post(LETTERS + "/" + id + "/retry", "");

    assertEquals(202, retried.status());
    assertEquals("/v1/tasks/" + retried.id(), retried.header("location"));
    JsonNode status = it.get("/v1/tasks/" + retried.id()).json();
    assertEquals(id, status.get("retryOf").asText());
    assertEquals(404, it.post(LETTERS + "/" + id + "/retry", "").status());
    await(() -> it.get(LETTERS + "/" + retried.id()).status() == 200);
  }

  @Test
  void oneIsDeletedOnce() {
    String id = failed("x");

    assertEquals(1, it.post(LETTERS + "/" + id + "/delete", "").json().get("done").asInt());
    assertEquals(404, it.post(LETTERS + "/" + id + "/delete", "").status());
    assertEquals(0, total(""));
  }

  @Test
  void manyAreMeantByAFilterAndNeverByNone() {
    failed("one");
    failed("two");

    assertEquals(2, total("?type=fail&error=NO&youngerThan=1h"));
    assertEquals(0, total("?olderThan=1h"));
    assertEquals(0, total("?type=echo"));
    JsonNode first = it.get(LETTERS + "?limit=1").json();
    assertEquals(1, first.get("letters").size());
    JsonNode second = it.get(LETTERS + "?limit=1&cursor=" + first.get("next").asText()).json();
    assertEquals(1, second.get("letters").size());
    assertNull(second.get("next"));

    HttpAnswer none = it.post(LETTERS + "/delete", "");
    assertEquals(422, none.status());
    assertTrue(none.json().get("detail").asText().contains("all=true"));
    assertEquals(400, it.post(LETTERS + "/delete?all=true&colour=red", "").status());
    assertEquals(422, it.get(LETTERS + "?limit=0").status());
    assertEquals(422, it.get(LETTERS + "?limit=x").status());
    assertEquals(422, it.get(LETTERS + "?olderThan=soon").status());
    assertEquals(422, it.get(LETTERS + "?cursor=soon").status());
    assertEquals(2, total(""));

    assertEquals(1, it.post(LETTERS + "/delete?error=one", "").json().get("done").asInt());
    assertEquals(1, it.post(LETTERS + "/retry?all=true", "").json().get("done").asInt());
  }
}
