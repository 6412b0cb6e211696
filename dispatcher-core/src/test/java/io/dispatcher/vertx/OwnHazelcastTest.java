package io.dispatcher.vertx;

import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import io.dispatcher.hazelcast.HazelcastNode;
import io.dispatcher.hazelcast.HazelcastSettings;
import io.dispatcher.task.TaskType;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A dispatcher inside an application that has its own Vert.x and its own Hazelcast. */
class OwnHazelcastTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final TaskType<String, String> WHERE = TaskType.of("where", text(), text());

  private final Vertx vertx = Vertx.vertx();
  private final List<HazelcastInstance> instances = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    instances.forEach(instance -> instance.getLifecycleService().terminate());
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private HazelcastInstance started(Config config) {
    HazelcastInstance instance = Hazelcast.newHazelcastInstance(config);
    instances.add(instance);
    return instance;
  }

  @Test
  void itIsANodeLikeAnyOtherAndLeavesBothRunning() throws Exception {
    int port = LoopbackPorts.one();
    String member = "127.0.0.1:" + port;
    ClusterOptions own =
        ClusterOptions.named("own")
            .clusterName("own-" + port)
            .port(port)
            .members(member)
            .linkPort(LoopbackPorts.one())
            .build();
    HazelcastInstance instance = started(HazelcastNode.configure(new Config(), own.hazelcast()));
    ClusterOptions other =
        ClusterOptions.named("other")
            .clusterName(own.clusterName())
            .roles(Role.FRONT)
            .port(0)
            .members(member)
            .build();
    try (Dispatcher here =
            Dispatcher.builder()
                .handle(WHERE, (words, context) -> words + context.node())
                .cluster(VertxCluster.of(vertx, HazelcastNode.of(instance)))
                .start();
        Dispatcher there = Dispatcher.builder().cluster(VertxCluster.join(other)).start()) {
      assertEquals("on own", here.submit(WHERE.task("on ")).await(SOON));
      assertEquals(
          "over the link on own", there.submit(WHERE.task("over the link on ")).await(SOON));
    }
    assertTrue(instance.getLifecycleService().isRunning());
    assertEquals(
        7,
        vertx
            .executeBlocking(() -> 7)
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS));
  }

  @Test
  void aMemberThatVoidsPromisesIsRefusedWithEachOfThem() {
    Config bare = new Config().setClusterName("bare");
    bare.setProperty("hazelcast.logging.type", "slf4j");
    bare.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
    bare.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
    bare.getNetworkConfig().setPort(LoopbackPorts.one());
    HazelcastInstance instance = started(bare);

    String why =
        assertThrows(
                IllegalArgumentException.class,
                () -> VertxCluster.of(vertx, HazelcastNode.of(instance)))
            .getMessage();

    for (String fault :
        List.of(
            "start it from a Config that HazelcastNode.configure has prepared",
            "hazelcast.operation.fail.on.indeterminate.state: found the default, needed true",
            "map dispatcher.ledger in-memory-format: found BINARY, needed OBJECT",
            "member-attribute dispatcher.node: found none, needed a value")) {
      assertTrue(why.contains(fault), why);
    }
    assertTrue(instance.getLifecycleService().isRunning());
  }

  @Test
  void aMemberThatTellsNoLinkPortIsRefused() {
    HazelcastSettings settings = HazelcastSettings.builder("no-links", "n").port(0).build();
    HazelcastInstance instance = started(HazelcastNode.configure(new Config(), settings));
    try (HazelcastNode node = HazelcastNode.of(instance)) {
      String why =
          assertThrows(IllegalArgumentException.class, () -> VertxCluster.of(vertx, node))
              .getMessage();
      assertTrue(why.startsWith("member-attribute dispatcher.link.port: found none"), why);
    }
  }

  @Test
  void optionsForAnOwnMemberNeedAFixedLinkPort() {
    ClusterOptions options = ClusterOptions.named("a").build();
    String why = assertThrows(IllegalArgumentException.class, options::hazelcast).getMessage();
    assertTrue(why.startsWith("cluster.linkPort is 0, but must be a fixed port"), why);
  }
}
