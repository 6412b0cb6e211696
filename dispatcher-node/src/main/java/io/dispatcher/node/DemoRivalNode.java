package io.dispatcher.node;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One process of {@code demo --against}: a plain Hazelcast member that runs calls. */
@Command(name = "demo-rival-node", hidden = true)
final class DemoRivalNode implements Callable<Integer> {

  @Option(names = "--index", required = true)
  private int index;

  @Option(names = "--ports", required = true, split = ",")
  private List<Integer> ports = List.of();

  @Override
  public Integer call() throws Exception {
    ParentLink parent = ParentLink.open();
    Config config = DemoRival.config(ports, ports.get(index));
    config.getUserContext().put(DemoCalls.PARENT, parent);
    Hazelcast.newHazelcastInstance(config);
    parent.serve(
        request -> {
          throw new IllegalArgumentException("no request " + request);
        });
    return 0;
  }
}
