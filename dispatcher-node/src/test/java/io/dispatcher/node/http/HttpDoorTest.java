package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the door does for callers that know how to ask. */
class HttpDoorTest {
  private static DoorFixture it;

  @BeforeAll
  static void open() {
    it = new DoorFixture();
  }

  @AfterAll
  static void close() {
    it.close();
  }

  // ---------------------------------------------------------------- submit

  @Test
  void aTaskIsAcceptedWithItsLinks() {
    HttpAnswer answer = it.post("/v1/tasks?type=echo", "hello");

    assertEquals(202, answer.status());
    assertEquals("/v1/tasks/" + answer.id(), answer.header("location"));
    assertEquals("waiting", answer.json().get("state").asText());
    assertEquals(answer.header("location"), answer.json().at("/links/self").asText());
  }

  @Test
  void withWaitTheAnswerIsTheResult() {
    byte[] payload = {0, 1, (byte) 0xff, 'x'};

    HttpAnswer answer = it.call("POST", "/v1/tasks?type=echo&wait=10s", payload);

    assertEquals(200, answer.status());
    assertArrayEquals(payload, answer.body());
    assertEquals("application/octet-stream", answer.contentType());
    assertEquals("1", answer.header("task-attempts"));
    assertEquals(200, it.get("/v1/tasks/" + answer.header("task-id")).status());
  }

  @Test
  void theCallerSaysWhatTheBytesOfAResultAre() {
    String target = "/v1/tasks?type=echo&wait=10s";

    assertEquals(
        "application/json", it.post(target, "{}", "Accept: application/json").contentType());
    assertEquals(
        "text/plain; charset=utf-8",
        it.post(target, "hi", "Accept: text/plain, application/json").header("content-type"));
    assertEquals(
        "application/octet-stream", it.post(target, "<b>", "Accept: text/html, */*").contentType());
  }

  @Test
  void aWaitThatRunsOutIsAnsweredWithTheState() {
    HttpAnswer answer = it.post("/v1/tasks?type=held&wait=50ms", "long");

    assertEquals(202, answer.status());
    assertTrue(Set.of("waiting", "running").contains(answer.json().get("state").asText()));
    assertEquals("1", answer.header("retry-after"));

    it.letGo("long");
    HttpAnswer result = it.get("/v1/tasks/" + answer.id() + "/result?wait=10s");
    assertEquals("done long", result.text());
  }

  @Test
  void preferDecidesWhereNoParameterDoes() {
    HttpAnswer waited = it.post("/v1/tasks?type=echo", "a", "Prefer: wait=10");
    assertEquals(200, waited.status());
    assertEquals("wait=10", waited.header("preference-applied"));

    HttpAnswer async = it.post("/v1/tasks?type=echo", "a", "Prefer: respond-async");
    assertEquals(202, async.status());
    assertEquals("respond-async", async.header("preference-applied"));

    HttpAnswer parameter = it.post("/v1/tasks?type=echo&wait=10s", "a", "Prefer: respond-async");
    assertEquals(200, parameter.status());
    assertNull(parameter.header("preference-applied"));

    assertEquals(202, it.post("/v1/tasks?type=echo", "a", "Prefer: wait=abc, nonsense").status());
  }

  @Test
  void anEnvelopeHasTypePayloadAndOptions() {
    HttpAnswer json =
        it.postJson(
            "/v1/tasks",
            """
            {"type": "echo", "payload": {"b": [1.50, "ü\\n"], "a": null}, "wait": "10s",
             "retries": 2, "priority": 1, "timeLimit": "PT30S", "key": "user-1",
             "backoff": {"initial": "100ms", "factor": 2, "cap": "1s", "jitter": 0.5}}
            """);
    assertEquals(200, json.status(), json::toString);
    assertEquals("{\"b\": [1.50, \"ü\\n\"], \"a\": null}", json.text(), "just as it was sent");

    HttpAnswer base64 =
        it.postJson("/v1/tasks?wait=10s", "{\"type\":\"echo\",\"payloadBase64\":\"AP8=\"}");
    assertArrayEquals(new byte[] {0, (byte) 0xff}, base64.body());

    for (String payload : new String[] {"\"text\"", "17", "1e3", "true", "null", "[]"}) {
      HttpAnswer value =
          it.postJson("/v1/tasks?wait=10s", "{\"payload\":" + payload + ",\"type\":\"echo\"}");
      assertEquals(payload, value.text());
    }
    HttpAnswer none = it.postJson("/v1/tasks?wait=10s", "{\"type\":\"echo\"}");
    assertEquals(0, none.body().length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key=a%20b&retries=0&backoff=1s&timeLimit=2m&deadline=1h&priority=9",
        "backoff=500ms,4,1m,0.25&retention=0&admission=0",
        "notBefore=2020-01-01T00:00:00Z&retention=PT1M&admission=1s",
        "idempotencyKey=options-1&deadline=7d"
      })
  void optionsAreSpeltAsEverywhere(String options) {
    assertEquals(200, it.post("/v1/tasks?type=echo&wait=10s&" + options, "x").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "retries=1001 | 422 | retries is 1001, but must be 0 to 1000",
        "retries=many | 422 | retries is 'many', but must be a whole number",
        "timeLimit=5 | 422 | timeLimit is '5', but must be a duration like",
        "timeLimit=0 | 422 | timeLimit is 0 s, but must be 1 ms to",
        "deadline=-5s | 422 | deadline is '-5s', but must be a duration",
        "backoff=1s,2,3,4,5 | 422 | but must be a duration, or initial,factor,cap,jitter",
        "backoff=1s,0.5 | 422 | backoff.factor is 0.5, but must be 1 to 100",
        "notBefore=tomorrow | 422 | but must be a time like",
        "priority=0 | 422 | priority is 0, but must be 1 to 9",
        "key= | 422 | has 0 characters, but must have 1 to 256",
        "requires=g%20u | 422 | a label has only A-Z a-z 0-9",
        "requires=a,,b | 422 | requires has the label \"\" of 0 characters",
        "explain=yes | 422 | explain is 'yes', but must be true or false",
        "wait=soon | 422 | wait is 'soon'",
        "colour=red | 400 | there is no parameter 'colour'; there are key, idempotencyKey",
        "retries=1&retries=2 | 400 | 'retries' is there twice",
      })
  void anOptionThatIsNoneIsRefused(String option, int status, String detail) {
    HttpAnswer answer = it.post("/v1/tasks?type=echo&" + option, "x");

    assertEquals(status, answer.status());
    assertTrue(answer.json().get("detail").asText().contains(detail), answer::toString);
    assertFalse(answer.json().get("retryable").asBoolean());
  }

  @Test
  void anUnknownTypeIsRefusedWithTheNamesThatExist() {
    HttpAnswer answer = it.post("/v1/tasks?type=nobody", "x");

    assertEquals(422, answer.status());
    assertEquals("unknown-type", answer.code());
    assertTrue(answer.json().get("detail").asText().contains("echo"), answer::toString);
  }

  @Test
  void aDeclaredTypeWithoutAHandlerIsAcceptedAndWaits() {
    HttpAnswer answer = it.post("/v1/tasks?type=declared", "x");
    assertEquals(202, answer.status());

    Awaitility.await()
        .untilAsserted(
            () ->
                assertEquals(
                    "no-handler",
                    it.get("/v1/tasks/" + answer.id()).json().path("waiting").asText()));
    assertEquals(202, it.post("/v1/tasks/" + answer.id() + "/cancel", "").status());
  }

  @Test
  void aTaskThatNoNodeHasTheLabelsForSaysWhy() {
    String query = it.post("/v1/tasks?type=echo&requires=gpu,ssd&explain=true", "x").id();
    String object =
        it.postJson(
                "/v1/tasks", "{\"type\":\"echo\",\"requires\":[\"ssd\",\"gpu\"],\"explain\":true}")
            .id();
    for (String id : List.of(query, object)) {
      JsonNode status = it.get("/v1/tasks/" + id).json();
      assertEquals("no-label", status.path("waiting").asText());
      assertEquals(
          "no node with a handler for echo has labels gpu, ssd", status.path("why").asText());
      assertFalse(status.path("placement").has("node"), status::toString);
      assertEquals("no label gpu, ssd", status.at("/placement/candidates/0/excluded").asText());
      assertEquals(202, it.post("/v1/tasks/" + id + "/cancel", "").status());
    }
    String plain = it.post("/v1/tasks?type=echo&requires=&explain=false", "x").id();
    Awaitility.await()
        .until(
            () -> it.get("/v1/tasks/" + plain).json().path("state").asText().equals("succeeded"));
    assertFalse(it.get("/v1/tasks/" + plain).json().has("placement"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"echo\",\"requires\":[1]} | requires must be an array of strings",
        "{\"type\":\"echo\",\"requires\":[[\"a\"]]} | requires must be an array of strings",
        "{\"type\":\"echo\",\"requires\":7} | requires must be a string",
        "{\"type\":\"echo\",\"requires\":[\"a b\"]} | a label has only",
        "{\"type\":\"echo\",\"explain\":1} | explain must be true or false",
      })
  void labelsThatAreNoneAreRefused(String body, String detail) {
    HttpAnswer answer = it.postJson("/v1/tasks", body);
    assertEquals(422, answer.status());
    assertTrue(answer.json().get("detail").asText().contains(detail), answer::toString);
  }

  @Test
  void aPayloadOverItsLimitIsRefused() {
    byte[] large = new byte[DoorFixture.MAX_PAYLOAD + 1];
    assertEquals(413, it.call("POST", "/v1/tasks?type=echo", large).status());

    byte[] largest = new byte[DoorFixture.MAX_PAYLOAD];
    assertEquals(200, it.call("POST", "/v1/tasks?type=echo&wait=10s", largest).status());

    String base64 = Base64.getEncoder().encodeToString(large);
    HttpAnswer envelope =
        it.postJson("/v1/tasks", "{\"type\":\"echo\",\"payloadBase64\":\"" + base64 + "\"}");
    assertEquals(413, envelope.status());
    assertEquals("too-large", envelope.code());
  }

  @Test
  void chunkedBodiesAndExpectationsAreTaken() {
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(
          it.head(
              "POST",
              "/v1/tasks?type=echo&wait=10s",
              -1,
              "Transfer-Encoding: chunked",
              "Expect: 100-continue"));
      http.readContinue();
      http.send("3\r\nabc\r\n").send("2;x=y\r\nde\r\n").send("0\r\n\r\n");
      assertEquals("abcde", it.read(http, "POST", "/v1/tasks").text());
      assertEquals(
          "again",
          it.call(
                  http,
                  "POST",
                  "/v1/tasks?type=echo&wait=10s",
                  "again".getBytes(StandardCharsets.UTF_8))
              .text());
    }
  }

  // ---------------------------------------------------------------- ends

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

  // ---------------------------------------------------------------- idempotency

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

  // ---------------------------------------------------------------- batch

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
            "/v1/tasks/batch?wait=300ms",
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

  // ---------------------------------------------------------------- cluster

  @Test
  void nodesTypesAndStatsAreTold() {
    it.post("/v1/tasks?type=echo&wait=10s", "x");
    it.post("/v1/tasks?type=fail&retries=0&wait=10s", "x");

    JsonNode node = it.get("/v1/nodes").json().at("/nodes/0");
    assertEquals("here", node.get("name").asText());
    Set<String> types = new TreeSet<>();
    it.get("/v1/types").json().get("types").forEach(type -> types.add(type.get("name").asText()));
    assertTrue(types.containsAll(Set.of("echo", "fail", "held", "declared")), types::toString);
    JsonNode stats = it.get("/v1/stats").json();
    assertEquals("here", stats.get("seenBy").asText());
    assertTrue(stats.at("/node/accepted").asLong() > 0);
    assertTrue(stats.at("/node/refused").has("unknown-type"));
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
  void figuresAreThereForPrometheus() {
    it.post("/v1/tasks?type=echo&wait=10s", "x");

    HttpAnswer answer = it.get("/metrics");

    assertEquals(200, answer.status());
    assertEquals("text/plain; version=0.0.4; charset=utf-8", answer.header("content-type"));
    String text = answer.text();
    for (String name :
        new String[] {
          "dispatcher_tasks_accepted_total ",
          "dispatcher_tasks_refused_total{reason=\"overloaded\"}",
          "dispatcher_tasks_finished_total{outcome=\"succeeded\"}",
          "dispatcher_attempts_retried_total{cause=\"worker\"}",
          "dispatcher_task_total_seconds_bucket{le=\"1.048576\"} ",
          "dispatcher_task_total_seconds_bucket{le=\"+Inf\"} ",
          "dispatcher_task_total_seconds_sum ",
          "dispatcher_task_queueing_seconds_count ",
          "dispatcher_attempt_running_seconds_count ",
          "dispatcher_task_admission_seconds_count ",
          "dispatcher_task_restart_seconds_count ",
          "dispatcher_balancer_choices_total{balancer=\"least-requests\",node=\"here\"} ",
          "dispatcher_submits_repeated_total ",
          "dispatcher_checkpoints_saved_total ",
          "dispatcher_checkpoints_saved_bytes_total ",
          "dispatcher_blocks_adopted_total ",
          "dispatcher_attempts_leaked 0.0",
          "dispatcher_tasks_oldest_waiting_seconds ",
          "dispatcher_cluster_type_tasks_waiting{type=\"echo\"}",
          "dispatcher_http_requests_seconds_bucket{",
          "dispatcher_ready 1.0",
          "jvm_memory_used_bytes{"
        }) {
      assertTrue(text.contains("\n" + name), name + " is missing in " + text);
    }
    assertFalse(text.contains(it.get("/v1/stats").json().at("/failures/0/lastTask").asText("no")));
  }

  @Test
  void theSampleOfAlertsNamesFiguresThatAreThere() throws Exception {
    String alerts = Files.readString(Path.of("..", "config", "prometheus-alerts.yaml"));
    String text = it.get("/metrics").text();

    List<String> named =
        Pattern.compile("dispatcher_\\w+")
            .matcher(alerts)
            .results()
            .map(MatchResult::group)
            .toList();
    assertTrue(named.size() >= 6, named::toString);
    for (String name : named) {
      assertTrue(text.contains("\n# TYPE " + name + " "), name);
    }
  }

  @Test
  void healthIsTold() {
    assertEquals(200, it.get("/health/live").status());
    HttpAnswer ready = it.get("/health/ready");
    assertEquals(200, ready.status());
    assertEquals("ready", ready.json().get("reason").asText());
  }

  @Test
  void theDescriptionIsServedAndNotTwice() {
    HttpAnswer first = it.get("/v1/openapi.json");
    assertEquals("3.1.0", first.json().get("openapi").asText());

    HttpAnswer second = it.get("/v1/openapi.json", "If-None-Match: \"x\", " + first.header("etag"));
    assertEquals(304, second.status());
    assertEquals(first.header("etag"), second.header("etag"));
  }

  @Test
  void everyRouteIsDescribedAndTheOtherWayRound() {
    Set<String> described = new TreeSet<>();
    it.contract
        .document()
        .get("paths")
        .fields()
        .forEachRemaining(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method ->
                            described.add(
                                method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
    Set<String> routes = new TreeSet<>();
    for (Route route : Route.values()) {
      if (route != Route.UNKNOWN) {
        routes.add(route.allow().split(",", -1)[0] + " " + route.template());
      }
    }
    assertEquals(routes, described);
  }

  @Test
  void aPageIsServedUnderAStrictPolicy() {
    HttpAnswer page = it.get("/page/door-test.html");

    assertEquals(200, page.status());
    assertEquals("text/html", page.contentType());
    String policy = page.header("content-security-policy");
    assertTrue(policy.startsWith("default-src 'none'; script-src 'self' 'sha256-"), policy);
    assertTrue(policy.contains("style-src 'self' 'sha256-"), policy);
    assertTrue(policy.contains("frame-ancestors 'none'"), policy);
    assertEquals("DENY", page.header("x-frame-options"));
    assertEquals(
        304, it.get("/page/door-test.html", "If-None-Match: " + page.header("etag")).status());
    assertEquals(404, it.get("/page/missing.html").status());
    assertEquals(404, it.get("/page/door-test.class").status());
    assertTrue(Set.of(200, 404).contains(it.get("/").status()));
  }

  // ---------------------------------------------------------------- HTTP itself

  @Test
  void headIsGetWithoutTheBody() {
    HttpAnswer get = it.get("/v1/openapi.json");
    HttpAnswer head = it.call("HEAD", "/v1/openapi.json", null);

    assertEquals(200, head.status());
    assertEquals(get.header("content-length"), head.header("content-length"));
    assertEquals(404, it.call("HEAD", "/v1/tasks/bZZZ", null).status());
    assertEquals(405, it.call("HEAD", "/v1/tasks", null).status());
  }

  @Test
  void optionsTellTheMethods() {
    assertEquals("POST, OPTIONS", it.call("OPTIONS", "/v1/tasks", null).header("allow"));
    assertEquals("GET, HEAD, OPTIONS", it.call("OPTIONS", "/metrics", null).header("allow"));
    try (RawHttp http = new RawHttp(it.port())) {
      assertEquals(200, it.call(http, "OPTIONS", "*", null).status());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/v1/tasks",
    "PUT,/v1/tasks",
    "DELETE,/v1/tasks/b1",
    "GET,/v1/tasks/batch",
    "POST,/metrics",
    "PATCH,/v1/nodes",
    "TRACE,/",
    "GET,/v1/tasks/b1/cancel",
    "FOO,/health/live"
  })
  void anotherMethodIs405(String method, String path) {
    HttpAnswer answer = it.call(method, path, null);

    assertEquals(405, answer.status());
    assertTrue(answer.header("allow").contains("OPTIONS"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1", "/v1/", "/v1/tasks/", "/v2/tasks", "/health", "/metrics/", "/x?y=z"})
  void anotherPathIs404(String path) {
    assertEquals(404, it.get(path).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: text/plain",
        "Content-Type: application/json; charset=utf-16",
        "Content-Type: application/json\r\nContent-Encoding: gzip"
      })
  void anEnvelopeThatIsNoJsonIs415(String header) {
    assertEquals(415, it.post("/v1/tasks", "{\"type\":\"echo\"}", header).status());
  }

  @Test
  void aConnectionIsUsedAgain() {
    try (RawHttp http = new RawHttp(it.port())) {
      for (int i = 0; i < 5; i++) {
        byte[] body = ("n" + i).getBytes(StandardCharsets.UTF_8);
        assertEquals("n" + i, it.call(http, "POST", "/v1/tasks?type=echo&wait=10s", body).text());
        assertEquals(200, it.call(http, "GET", "/health/live", null).status());
        assertEquals(422, it.call(http, "POST", "/v1/tasks?type=nobody", body).status());
      }
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    try (RawHttp http = new RawHttp(it.port())) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        String body = "p" + i;
        all.append(it.head("POST", "/v1/tasks?type=echo&wait=10s", body.length())).append(body);
      }
      http.send(all.toString());
      for (int i = 0; i < 20; i++) {
        assertEquals("p" + i, it.read(http, "POST", "/v1/tasks").text());
      }
    }
  }

  @Test
  void aConnectionEndsWhenItsClientSaysSo() {
    try (RawHttp http = new RawHttp(it.port())) {
      HttpAnswer answer = it.call(http, "GET", "/health/live", null, "Connection: close");
      assertEquals("close", answer.header("connection"));
      http.readEnd();
    }
    try (RawHttp old = new RawHttp(it.port())) {
      old.send("GET /health/live HTTP/1.0\r\n\r\n");
      assertEquals(200, it.read(old, "GET", "/health/live").status());
      old.readEnd();
    }
  }

  @Test
  void theAbsoluteFormIsTaken() {
    HttpAnswer answer = it.call("GET", "http://localhost:" + it.port() + "/health/live", null);
    assertEquals(200, answer.status());
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

  private static long running(String type) {
    for (JsonNode each : it.get("/v1/types").json().get("types")) {
      if (each.get("name").asText().equals(type)) {
        return each.get("running").asLong();
      }
    }
    return 0;
  }

  private static TaskState state(String id) {
    return it.dispatcher.find(TaskId.of(id)).toCompletableFuture().join().orElseThrow().state();
  }
}
