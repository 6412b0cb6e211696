package io.dispatcher.node;

import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The keys of a node that dies go to the next node of their preference, and come back with it. */
class ConsistentHashIT {
  private static final Duration SOON = ofSeconds(30);
  private static final int KEYS = 120;
  private static final JsonMapper MAPPER = new JsonMapper();

  @Test
  void only_the_keys_of_a_dead_node_move_and_they_come_back() throws Exception {
    try (ContractCluster cluster = ContractCluster.start();
        HttpTaskClient client = HttpTaskClient.to(cluster.urls()[0], cluster.urls()[1])) {
      awaitWorkers(cluster, 3);
      Map<String, List<String>> orders = orders(client);
      Map<String, String> before = places(client, key -> orders.get(key).get(0));
      before.forEach((key, node) -> assertEquals(orders.get(key).get(0), node));
      for (String node : List.of("node-1", "node-2", "node-3")) {
        long keys = before.values().stream().filter(node::equals).count();
        assertTrue(keys >= KEYS / 6, () -> "keys by node: " + before);
      }

      cluster.node(2).kill();
      awaitWorkers(cluster, 2);
      UnaryOperator<String> next =
          key -> before.get(key).equals("node-3") ? orders.get(key).get(1) : before.get(key);
      places(client, next).forEach((key, node) -> assertEquals(next.apply(key), node, key));

      ChildNodes.awaitReady(cluster.restart(2));
      awaitWorkers(cluster, 3);
      assertEquals(before, places(client, before::get));
    }
  }

  /**
   * Where a task of each key runs; one after the other, so that hardly any node is ever full. Where
   * the one that is expected could not be chosen, another task of that key is looked at.
   */
  private static Map<String, String> places(HttpTaskClient client, UnaryOperator<String> expected) {
    Map<String, String> places = new TreeMap<>();
    for (int i = 0; i < KEYS; i++) {
      String key = "key-" + i;
      Placement placement =
          await(key)
              .atMost(SOON)
              .pollDelay(Duration.ZERO)
              .until(() -> placement(client, key), each -> !excludes(each, expected.apply(key)));
      places.put(key, placement.node());
    }
    return places;
  }

  private static boolean excludes(Placement placement, String node) {
    return placement.candidates().stream()
        .anyMatch(each -> each.node().equals(node) && each.excluded() != null);
  }

  /** Which nodes each key prefers. */
  private static Map<String, List<String>> orders(HttpTaskClient client) throws Exception {
    Map<String, List<String>> orders = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      Placement placement = placement(client, "key-" + i);
      orders.put("key-" + i, placement.candidates().stream().map(Candidate::node).toList());
    }
    return orders;
  }

  private static Placement placement(HttpTaskClient client, String key) throws Exception {
    TaskHandle<String> handle = client.submit(ContractHandlers.SHOUT.task("a").key(key).explain());
    handle.await(SOON);
    TaskId id = handle.accepted().toCompletableFuture().get(30, TimeUnit.SECONDS);
    return client
        .find(id)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS)
        .orElseThrow()
        .placement();
  }

  /** Until the fronts that are asked know of so many nodes with a handler. */
  private static void awaitWorkers(ContractCluster cluster, int count) {
    for (String url : List.of(cluster.urls()[0], cluster.urls()[1])) {
      await().atMost(SOON).until(() -> handling(url) == count);
    }
  }

  private static int handling(String url) throws Exception {
    HttpResponse<byte[]> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(url + "/v1/types")).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    for (JsonNode type : MAPPER.readTree(answer.body()).path("types")) {
      if (type.path("name").asText().equals("shout")) {
        return type.path("nodes").size();
      }
    }
    return 0;
  }
}
