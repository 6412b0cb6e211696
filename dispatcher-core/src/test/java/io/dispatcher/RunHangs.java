package io.dispatcher;

import static io.dispatcher.RunNodes.MILLI;
import static io.dispatcher.RunNodes.SECOND;

import io.dispatcher.sim.Checker;
import io.dispatcher.sim.KeptThreads;
import io.dispatcher.sim.SimCluster;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import io.dispatcher.task.TaskContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Handlers that never return and ignore that they are stopped: their stage never completes, or they
 * keep the thread that called them. Looks whether they are stopped in time.
 */
final class RunHangs implements AutoCloseable {

  /** A handler that is over its limit hears of it within this time. */
  private static final long STOPPED_WITHIN = SECOND;

  /** Then it has as long to heed that before its slot is given on, which takes a look. */
  private static final long GIVEN_ON_WITHIN = 1_500 * MILLI;

  private final Simulation simulation;
  private final SimWorld world;
  private final Checker checker;
  private final KeptThreads threads = new KeptThreads();

  RunHangs(SimWorld world, Checker checker) {
    this.world = world;
    this.simulation = world.simulation();
    this.checker = checker;
  }

  /** For pools whose threads may be kept. */
  Executor threads(SimCluster cluster) {
    return threads.over(cluster.threads());
  }

  /** A stage that never completes. */
  CompletionStage<String> stage(SimCluster cluster, String label, TaskContext context, long limit) {
    simulation.count("stage never completed");
    watch(cluster, label, context, limit + STOPPED_WITHIN);
    return new CompletableFuture<>();
  }

  /** The handler never returns. */
  CompletionStage<String> thread(
      SimCluster cluster, String label, TaskContext context, long limit) {
    simulation.count("handler kept its thread");
    watch(cluster, label, context, limit + STOPPED_WITHIN);
    threads.keep();
    throw new IllegalStateException("its thread came back");
  }

  private void watch(SimCluster cluster, String label, TaskContext context, long within) {
    cluster.after(
        within,
        () -> {
          if (context.cancelled()) {
            cluster.after(
                GIVEN_ON_WITHIN,
                () -> checker.ended(label, context.attempt(), cluster.peer(), null));
          } else if (world.pausedWithin(cluster.peer(), within)) {
            watch(cluster, label, context, STOPPED_WITHIN);
          } else {
            checker.overLimit(label, context.attempt());
          }
        });
  }

  /** Whether the run is over, and a thread that was kept has come back. */
  boolean over() {
    return threads.over();
  }

  /** Ends what was kept; the run is over. */
  @Override
  public void close() {
    threads.close();
  }
}
