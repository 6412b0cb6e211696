package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows the nodes of the cluster. */
@Command(
    name = "nodes",
    description = "Shows the nodes: roles, state, slots, running, unfinished.",
    mixinStandardHelpOptions = true)
public final class NodesCommand implements Callable<Integer> {

  @Mixin private Target target = new Target();

  @Override
  public Integer call() {
    try (Api api = target.api()) {
      JsonNode json = api.get("/v1/nodes");
      if (target.json()) {
        Target.print(json);
      } else {
        Views.nodes(json).lines().forEach(line -> Screen.line(System.out, line));
        Views.remark(json).ifPresent(remark -> Screen.line(System.err, remark));
      }
      return 0;
    }
  }
}
