package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows the types of tasks. */
@Command(
    name = "types",
    description = "Shows the types of tasks: who handles them, waiting, oldest, running, done.",
    mixinStandardHelpOptions = true)
public final class TypesCommand implements Callable<Integer> {

  @Mixin private Target target = new Target();

  @Override
  public Integer call() {
    try (Api api = target.api()) {
      JsonNode json = api.get("/v1/types");
      if (target.json()) {
        Target.print(json);
      } else {
        Views.types(json).lines().forEach(line -> Screen.line(System.out, line));
        Views.remark(json).ifPresent(remark -> Screen.line(System.err, remark));
      }
      return 0;
    }
  }
}
