package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.TaskClient;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;

/** The library as a front of its own, the nodes in other processes. */
@ExtendWith(ContractCluster.Shared.class)
abstract class FrontContract extends TaskClientContract {

  private static ContractCluster cluster;
  private static Dispatcher front;

  @BeforeAll
  static void start(ContractCluster shared) {
    cluster = shared;
    front = front("front-1");
    front.submit(ContractHandlers.SHOUT.task("a")).await(Duration.ofSeconds(30));
  }

  @AfterAll
  static void stop() {
    front.close(Duration.ZERO);
  }

  private static Dispatcher front(String name) {
    return Dispatcher.builder()
        .cluster(VertxCluster.join(cluster.options(name).roles(Role.FRONT).build()))
        .start();
  }

  @Override
  TaskClient client() {
    return front;
  }

  @Override
  TaskClient another() {
    return front("front-2");
  }

  @Override
  void close(TaskClient another) {
    ((Dispatcher) another).close(Duration.ZERO);
  }
}
