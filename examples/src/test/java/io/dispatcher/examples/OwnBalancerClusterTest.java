package io.dispatcher.examples;

import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Role;
import io.dispatcher.sim.Sabotage;
import io.dispatcher.sim.SimCluster;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** The balancer of one's own among several workers: a simulated cluster, in virtual time. */
class OwnBalancerClusterTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final long MINUTE = 60_000_000_000L;
  private static final int SLOTS = 4;

  private final Simulation simulation = new Simulation(7);
  private final SimWorld world = new SimWorld(simulation, 2, Sabotage.NONE);

  private <T> T get(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    assertTrue(simulation.runUntil(future::isDone, simulation.now() + MINUTE), "it takes too long");
    assertEquals(List.of(), simulation.errors());
    return future.join();
  }

  /** Nothing of what it gets ends. */
  private Dispatcher start(SimCluster cluster) {
    CompletableFuture<Dispatcher> started = new CompletableFuture<>();
    cluster.after(
        0,
        () ->
            Dispatcher.builder()
                .cluster(cluster)
                .callbacks(cluster.thread())
                .pool("default", SLOTS, cluster.threads())
                .balancer("least-of-three")
                .handleAsync(WORK, (words, ctx) -> new CompletableFuture<>())
                .startAsync()
                .thenAccept(started::complete));
    return get(started);
  }

  @Test
  void it_gives_five_workers_about_as_much() {
    List<SimCluster> clusters = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d", "e")) {
      Set<Role> roles = Set.of(Role.STORE, Role.WORKER);
      clusters.add(world.node(name, name.equals("a") ? Set.of(Role.values()) : roles));
    }
    world.start();
    Dispatcher front = start(clusters.get(0));
    clusters.subList(1, 5).forEach(this::start);
    assertTrue(
        simulation.runUntil(() -> front.readiness().ready(), simulation.now() + MINUTE),
        "it hears of all workers");
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int k = 0; k < 5 * SLOTS; k++) {
      handles.add(front.submit(WORK.task("x").explain()));
      get(handles.get(k).accepted());
      simulation.run(20_000_000L);
    }

    Map<String, Integer> given = new TreeMap<>();
    int drawn = 0;
    for (TaskHandle<String> handle : handles) {
      Placement placement = get(front.find(get(handle.accepted()))).orElseThrow().placement();
      assertEquals("least-of-three", placement.balancer());
      assertEquals(5, placement.candidates().size());
      given.merge(placement.node(), 1, Integer::sum);
      drawn += placement.sampled() ? 1 : 0;
    }
    assertEquals(5, given.size(), given::toString);
    given.forEach((node, tasks) -> assertEquals(SLOTS, tasks, 2, node));
    assertTrue(drawn > SLOTS, "it says whom it drew, if there is a choice: " + drawn);
  }
}
