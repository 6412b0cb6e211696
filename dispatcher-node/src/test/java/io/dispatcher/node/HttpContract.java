package io.dispatcher.node;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.TaskClient;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;

/** Over HTTP. */
@ExtendWith(ContractCluster.Shared.class)
abstract class HttpContract extends TaskClientContract {

  private static String[] urls;
  private static HttpTaskClient client;

  @BeforeAll
  static void start(ContractCluster cluster) {
    urls = cluster.urls();
    client = HttpTaskClient.to(urls);
    client
        .submit(ContractHandlers.SHOUT.task("a").admission(Duration.ofSeconds(10)))
        .await(Duration.ofSeconds(30));
  }

  @AfterAll
  static void stop() {
    client.close();
  }

  @Override
  TaskClient client() {
    return client;
  }

  /** Of the other nodes. */
  @Override
  TaskClient another() {
    return HttpTaskClient.to(urls[2], urls[1]);
  }
}
