package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Many tasks in one request. */
class HttpBatchTest extends OpenDoor {

  @Test
  void aBatchIsAnsweredTaskByTask() {
    HttpAnswer answer =
        it.postJson(
            "/v1/tasks/batch?wait=10s",
            """
            [{"type": "echo", "payload": "a"},
             {"type": "nobody"},
             {"type": "fail", "payload": 1, "retries": 0},
             {"type": "echo", "priority": 12},
             {"payload": "no type"},
             "no task",
             {"type": "echo", "wait": "1s"},
             {"type": "echo", "colour": {"deep": [1, {}]}},
             {"type": "echo", "payloadBase64": "AP8="}]
            """);

    assertEquals(200, answer.status(), answer::toString);
    JsonNode tasks = answer.json().get("tasks");
    int[] statuses = {200, 422, 502, 422, 422, 400, 422, 400, 200};
    assertEquals(statuses.length, tasks.size());
    for (int i = 0; i < statuses.length; i++) {
      assertEquals(statuses[i], tasks.get(i).get("status").asInt(), tasks.get(i).toString());
    }
    assertEquals("ImEi", tasks.get(0).get("resultBase64").asText());
    assertEquals("AP8=", tasks.get(8).get("resultBase64").asText());
    assertEquals("no 1", tasks.get(2).at("/problem/failure/message").asText());
  }

  @Test
  void aBatchWithoutWaitHasIds() {
    HttpAnswer answer =
        it.postJson("/v1/tasks/batch", "[{\"type\":\"echo\",\"payload\":1},{\"type\":\"echo\"}]");

    assertEquals(202, answer.status());
    for (JsonNode task : answer.json().get("tasks")) {
      HttpAnswer result = it.get("/v1/tasks/" + task.get("id").asText() + "/result?wait=10s");
      assertEquals(200, result.status());
    }
  }

  @Test
  void aBatchWhoseWaitRunsOutHasBoth() {
    HttpAnswer answer =
        it.postJson(
            "/v1/tasks/batch?wait=2s",
            "[{\"type\":\"echo\",\"payload\":1},{\"type\":\"held\",\"payload\":\"b\"}]");

    assertEquals(202, answer.status(), answer::toString);
    assertEquals(200, answer.json().at("/tasks/0/status").asInt());
    assertEquals(202, answer.json().at("/tasks/1/status").asInt());
    it.letGo("\"b\"");
    String id = answer.json().at("/tasks/1/id").asText();
    assertEquals("done \"b\"", it.get("/v1/tasks/" + id + "/result?wait=10s").text());
  }

  @Test
  void theKeyOfABatchStandsForEachOfItsTasks() {
    String body =
        "[{\"type\":\"echo\"},{\"type\":\"echo\"},{\"type\":\"echo\",\"idempotencyKey\":\"own\"}]";

    HttpAnswer first = it.postJson("/v1/tasks/batch", body, "Idempotency-Key: batch-1");
    HttpAnswer second = it.postJson("/v1/tasks/batch", body, "Idempotency-Key: batch-1");

    assertEquals(202, first.status());
    Set<String> ids = new TreeSet<>();
    for (int i = 0; i < 3; i++) {
      String id = first.json().at("/tasks/" + i + "/id").asText();
      assertEquals(id, second.json().at("/tasks/" + i + "/id").asText());
      ids.add(id);
    }
    assertEquals(3, ids.size());
    HttpAnswer single = it.post("/v1/tasks?type=echo&idempotencyKey=batch-1%2F1", "");
    assertEquals(first.json().at("/tasks/1/id").asText(), single.id());
  }

  @Test
  void aBatchIsBounded() {
    String many = "{\"type\":\"echo\"},".repeat(100) + "{\"type\":\"echo\"}";
    assertEquals(413, it.postJson("/v1/tasks/batch", "[" + many + "]").status());
    assertEquals(400, it.postJson("/v1/tasks/batch", "{\"type\":\"echo\"}").status());
    HttpAnswer none = it.postJson("/v1/tasks/batch", "[]");
    assertEquals(0, none.json().get("tasks").size());
  }

  @Test
  void aLongBatchIsReadOffTheLoop() {
    String text = "x".repeat(2000);
    StringBuilder body = new StringBuilder("[");
    for (int i = 0; i < 60; i++) {
      body.append(i == 0 ? "" : ",")
          .append("{\"type\":\"echo\",\"payload\":\"")
          .append(text)
          .append("\"}");
    }
    HttpAnswer answer = it.postJson("/v1/tasks/batch?wait=10s", body.append("]").toString());
    assertEquals(200, answer.status());
    assertEquals(60, answer.json().get("tasks").size());
    assertEquals(400, it.postJson("/v1/tasks/batch", body.append("!").toString()).status());
  }
}
