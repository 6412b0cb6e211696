package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A node process that does not fit ends with the reason and the way out, and harms nobody. */
class JoinRulesIT {
  private static final int STORES = 2;
  private static final List<String> MEMBERS = List.of("node-1", "node-2");

  /** A node that would be refused waits longer than this for an older one to leave. */
  private static final String QUICK = "--detection=3s";

  private static final Duration LONGER_THAN_ITS_PATIENCE = Duration.ofSeconds(90);

  @Test
  void nodes_that_do_not_fit_end_and_the_cluster_lives_on() {
    try (SoakNodes nodes = new SoakNodes(STORES, SoakNodes.SHORT)) {
      for (int i = 0; i < STORES; i++) {
        nodes.startStore(i, SoakNodes.ALL_ROLES, QUICK);
      }
      nodes.awaitReady();
      awaitWorkers(nodes);

      Map<ChildNode, String> strangers = new LinkedHashMap<>();
      strangers.put(
          nodes.startStranger("other-size", "other-size", QUICK, "--size=3"),
          "node other-size declares cluster.size 3, but the cluster was started with 2:"
              + " set cluster.size to 2, or stop all nodes and start them with 3");
      strangers.put(
          nodes.startStranger("one-more", "one-more", QUICK),
          "node one-more would be store node 3 of a cluster of 2 (");
      strangers.put(
          nodes.startStranger("same-name", "node-2", QUICK), "a live node is already named node-2");
      strangers.put(
          nodes.startStranger("same-port", "same-port", QUICK, "--port=" + nodes.storePort(0)),
          "cannot listen for members on 127.0.0.1:" + nodes.storePort(0));
      strangers.forEach(JoinRulesIT::assertRefused);

      awaitWorkers(nodes);
      for (String member : MEMBERS) {
        SoakSubmitter.Books books =
            nodes.ask(member, "submit 500 100 1000", SoakSubmitter.Books.class);
        assertEquals(500, books.done(), books::toString);
      }
      nodes.done();
    }
  }

  private static void assertRefused(ChildNode stranger, String why) {
    String end =
        String.valueOf(
            assertThrows(RunFailed.class, () -> stranger.awaitReady(LONGER_THAN_ITS_PATIENCE))
                .getMessage());
    assertTrue(end.startsWith(stranger.name() + " ended with exit code " + Main.FAILED), end);
    String last = end.substring(end.lastIndexOf('\n') + 1).strip();
    assertTrue(last.startsWith("soak-node: " + why), end);
  }

  private static void awaitWorkers(SoakNodes nodes) {
    await("both workers are seen by both fronts")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                nodes.askAll(MEMBERS, "stats", SoakNode.Figures.class).values().stream()
                    .allMatch(stats -> stats.workers() == STORES));
  }
}
