package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the door tells of the cluster and of itself: nodes, figures, health, description, page. */
class HttpClusterTest extends OpenDoor {

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
          "dispatcher_dead_letters_dropped_total 0.0",
          "dispatcher_dead_letters_evicted_total 0.0",
          "dispatcher_checkpoints_saved_bytes_total ",
          "dispatcher_blocks_adopted_total ",
          "dispatcher_attempts_leaked 0.0",
          "dispatcher_tasks_assigned_drift 0.0",
          "dispatcher_worker_ejections_total 0.0",
          "dispatcher_panics_total 0.0",
          "dispatcher_blocks_orphaned 0.0",
          "dispatcher_blocks_orphaned_seconds 0.0",
          "dispatcher_tasks_oldest_waiting_seconds ",
          "dispatcher_ledger_era 0.0",
          "dispatcher_node_lost_majorities_total 0.0",
          "dispatcher_node_quick_restarts_total 0.0",
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
    for (String count : List.of("era", "lostMajorities", "quickRestarts")) {
      assertTrue(ready.json().path(count).isIntegralNumber(), count);
    }
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
}
