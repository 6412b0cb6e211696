package io.dispatcher.hazelcast;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may join, and what is said to those who may not. */
class JoinRulesTest {

  @Test
  void nodesThatDoNotFitAreRefusedWithTheWayOut() throws Exception {
    try (Nodes nodes = new Nodes(2, 4)) {
      HazelcastNode a = nodes.start("a", 0);
      assertRefused(
          nodes,
          nodes.settings("b", 1).size(3).build(),
          "node b declares cluster.size 3, but the cluster was started with 2");
      HazelcastNode b = nodes.start("b", 1);
      assertRefused(nodes, nodes.settings("a", 2).build(), "a live node is already named a");
      assertRefused(
          nodes,
          nodes.settings("c", 2).build(),
          "node c would be store node 3 of a cluster of 2 (a, b): start it without the role store");
      nodes.start(nodes.settings("c", 2).roles(Set.of(Role.WORKER)).build());
      await().atMost(20, TimeUnit.SECONDS).until(() -> a.membership().byName().size() == 3);

      long incarnation = b.membership().self().peer().incarnation();
      AtomicReference<Thread> joiner = new AtomicReference<>();
      CompletableFuture<HazelcastNode> again =
          CompletableFuture.supplyAsync(
              () -> nodes.start(nodes.settings("b", 3).patience(Duration.ofSeconds(20)).build()),
              work -> {
                joiner.set(new Thread(work, "joiner"));
                joiner.get().start();
              });
      await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> a.instance().getCluster().getMembers().size() == 4);
      await().atMost(20, TimeUnit.SECONDS).until(() -> waitsForAPlace(joiner.get()));
      assertFalse(again.isDone());
      assertEquals(3, a.membership().byName().size());
      b.terminate();
      HazelcastNode next = again.get(25, TimeUnit.SECONDS);
      assertTrue(next.membership().self().peer().incarnation() != incarnation);
      assertEquals(1, next.membership().standing().quickRestarts());
      assertEquals(0, a.membership().standing().quickRestarts());
      await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> next.membership().self().equals(a.membership().byName().get("b")));
    }
  }

  private static boolean waitsForAPlace(Thread joiner) {
    return Stream.of(joiner.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("pause"));
  }

  private static void assertRefused(Nodes nodes, HazelcastSettings settings, String message) {
    JoinRefused refused = assertThrows(JoinRefused.class, () -> nodes.start(settings));
    assertTrue(refused.getMessage().startsWith(message), refused.getMessage());
  }

  @Test
  void malformedMembersAreRefusedWithTheirPlace() {
    assertMalformed(
        "10.0.0.2:x", "cluster.members, entry 2 '10.0.0.2:x', character 10: expected a port");
    assertMalformed("h:70000", "cluster.members, entry 2 'h:70000', character 3: expected a port");
    assertMalformed("", "cluster.members, entry 2 '', character 1: expected a host name");
    assertMalformed("a b", "cluster.members, entry 2 'a b', character 2: expected a host name");
    assertMalformed("[::1", "cluster.members, entry 2 '[::1', character 5: expected ']'");
    assertEquals(
        List.of("10.0.0.1:5701", "h:1", "[::1]:9"),
        HazelcastSettings.parseMembers(List.of("10.0.0.1", "h:1", "[::1]:9")));
  }

  private static void assertMalformed(String entry, String message) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> HazelcastSettings.parseMembers(List.of("10.0.0.1", entry)));
    assertTrue(refused.getMessage().startsWith(message), refused.getMessage());
  }

  @Test
  void sizesAndPropertiesThatVoidAPromiseAreRefused() {
    HazelcastSettings.Builder four = HazelcastSettings.builder("c", "n").size(4);
    assertTrue(
        assertThrows(IllegalArgumentException.class, four::build)
            .getMessage()
            .startsWith("cluster.size is 4, but must be 1, 2, 3, 5 or 7"));
    HazelcastSettings.Builder weak =
        HazelcastSettings.builder("c", "n")
            .property("hazelcast.operation.fail.on.indeterminate.state", "false");
    assertTrue(
        assertThrows(IllegalArgumentException.class, weak::build)
            .getMessage()
            .contains("must stay true"));
  }

  @Test
  void applicationsOwnMemberIsCheckedSettingBySetting() {
    Config bare = new Config().setClusterName("bare");
    bare.setProperty("hazelcast.logging.type", "slf4j");
    bare.setProperty("hazelcast.wait.seconds.before.join", "0");
    bare.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
    bare.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
    bare.getNetworkConfig().setPort(LoopbackPorts.one());
    HazelcastInstance unfit = Hazelcast.newHazelcastInstance(bare);
    try {
      List<String> faults = HazelcastChecks.check(unfit);
      assertTrue(
          faults.contains(
              "hazelcast.operation.fail.on.indeterminate.state: found the default, needed true"),
          faults.toString());
      assertTrue(
          faults.contains("map dispatcher.ledger in-memory-format: found BINARY, needed OBJECT"),
          faults.toString());
      assertThrows(IllegalArgumentException.class, () -> HazelcastNode.of(unfit));
    } finally {
      unfit.getLifecycleService().terminate();
    }
    HazelcastSettings settings = HazelcastSettings.builder("own", "n").port(0).build();
    HazelcastInstance fit =
        Hazelcast.newHazelcastInstance(HazelcastNode.configure(new Config(), settings));
    try {
      assertEquals(List.of(), HazelcastChecks.check(fit));
      try (HazelcastNode node = HazelcastNode.of(fit)) {
        assertEquals(1, node.membership().copies());
      }
      assertTrue(fit.getLifecycleService().isRunning());
    } finally {
      fit.getLifecycleService().terminate();
    }
  }
}
