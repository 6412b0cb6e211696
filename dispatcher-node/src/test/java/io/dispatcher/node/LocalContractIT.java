package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.task.TaskClient;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** The library, all in this JVM. */
class LocalContractIT extends TaskClientContract {

  private static Dispatcher dispatcher;

  @BeforeAll
  static void start() {
    dispatcher =
        Dispatcher.builder()
            .handlers(new ContractHandlers())
            .cluster(LocalCluster.named("node-3", Set.of("gpu", "disk:ssd"), error -> {}))
            .start();
  }

  @AfterAll
  static void stop() {
    dispatcher.close(Duration.ZERO);
  }

  @Override
  TaskClient client() {
    return dispatcher;
  }

  @Override
  TaskClient another() {
    return Dispatcher.builder().handlers(new ContractHandlers()).start();
  }

  @Override
  void close(TaskClient another) {
    ((Dispatcher) another).close(Duration.ZERO);
  }

  @Override
  int nodes() {
    return 1;
  }

  @Override
  @Test
  @Disabled("what is in one JVM ends with it")
  void a_new_client_attaches_to_a_task_that_ends_later_and_to_one_that_has_ended() {}
}
