package io.dispatcher.node;

import static java.util.Objects.requireNonNull;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.bus.BusDoor;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import io.dispatcher.node.http.HttpDoor;
import io.dispatcher.vertx.VertxCluster;
import java.util.List;
import java.util.Map;

/** One node process of {@link ContractCluster}: every role, both doors. */
final class ContractNode {

  private ContractNode() {}

  /** Options as those of a node. */
  public static void main(String[] options) {
    ParentLink parent = ParentLink.open();
    try {
      run(parent, LoadedConfig.load(null, Map.of(), List.of(options)).config());
    } catch (Exception e) {
      e.printStackTrace();
    }
    Runtime.getRuntime().halt(Main.FAILED);
  }

  private static void run(ParentLink parent, NodeConfig config) throws InterruptedException {
    VertxCluster cluster =
        VertxCluster.join(requireNonNull(config.cluster()).options(config.node()).build());
    Dispatcher dispatcher =
        Dispatcher.builder().handlers(new ContractHandlers()).cluster(cluster).start();
    DoorContext context = new DoorContext(cluster.vertx(), cluster.bus(), dispatcher, config);
    HttpDoor http = requireNonNull(HttpDoor.open(context));
    requireNonNull(BusDoor.open(context));
    parent.serve(
        request ->
            switch (request.get(0)) {
              case "http" -> http.address();
              default -> throw new IllegalArgumentException("no request " + request);
            });
  }
}
