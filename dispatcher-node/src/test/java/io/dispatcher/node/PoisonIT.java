package io.dispatcher.node;

import static java.time.Duration.ofSeconds;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A task whose handler ends its process, on three nodes that are each front, worker and store, so
 * that its owner may die with it. Whatever ends is started again.
 */
class PoisonIT {
  private static final Duration PATIENCE = ofSeconds(180);
  private static final int OTHERS = 60;

  private static final Set<PastAttempt.Cause> DEATHS =
      EnumSet.of(PastAttempt.Cause.NODE_DIED, PastAttempt.Cause.OWNER_DIED);

  /** So that the copies of one that is gone are made before the next one goes. */
  private static final String WORKS_MILLIS = "4000";

  private final ConcurrentLinkedQueue<Integer> ends = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  @Test
  void a_task_that_kills_its_nodes_is_set_aside_and_the_others_finish() throws Exception {
    try (ContractCluster cluster = ContractCluster.start();
        HttpTaskClient client = HttpTaskClient.builder(cluster.urls()).patience(PATIENCE).build()) {
      for (int i = 0; i < 3; i++) {
        again(cluster, i, cluster.node(i));
      }
      List<TaskHandle<String>> others = new ArrayList<>();
      others(client, others);
      TaskHandle<String> halt = client.submit(ContractHandlers.HALT.task(WORKS_MILLIS));
      others(client, others);

      Outcome<String> outcome =
          halt.outcome().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

      Outcome.Failed<String> failed = assertInstanceOf(Outcome.Failed.class, outcome);
      assertEquals("io.dispatcher.Poison", failed.failure().type());
      others(client, others);
      for (TaskHandle<String> other : others) {
        assertEquals("A", other.await(PATIENCE));
      }
      await("processes that ended").atMost(PATIENCE).until(() -> ends.size() == 3);
      over = true;
      ends.forEach(code -> assertEquals(ContractHandlers.HALTED, code));
      TaskStatus status =
          client.find(failed.id()).toCompletableFuture().get(30, TimeUnit.SECONDS).orElseThrow();
      // Where its owner ran it itself, the node may have died before it wrote that down.
      List<PastAttempt> died =
          status.history().stream().filter(attempt -> DEATHS.contains(attempt.cause())).toList();
      assertEquals(3, died.size(), status::toString);
      assertTrue(failed.failure().message().contains(died.get(2).node()), status::toString);
    } finally {
      over = true;
    }
  }

  private static void others(HttpTaskClient client, List<TaskHandle<String>> others) {
    for (int i = 0; i < OTHERS / 3; i++) {
      others.add(client.submit(ContractHandlers.SHOUT.task("a")));
    }
  }

  private void again(ContractCluster cluster, int index, ChildNode node) {
    node.onExit(
        code -> {
          if (!over) {
            ends.add(code);
            again(cluster, index, cluster.restart(index));
          }
        });
  }
}
