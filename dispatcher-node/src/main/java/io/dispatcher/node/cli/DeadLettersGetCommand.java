package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows a dead letter. */
@Command(
    name = "get",
    description = "Shows one: its failure, its attempts, its payload.",
    mixinStandardHelpOptions = true)
final class DeadLettersGetCommand implements Callable<Integer> {

  @Mixin private TaskArgument task = new TaskArgument();

  @Override
  public Integer call() {
    try (Api api = task.target().api()) {
      JsonNode letter = api.get("/v1/dead-letters/" + task.id());
      if (task.target().json()) {
        Target.print(letter);
      } else {
        Views.letter(letter).forEach(line -> Screen.line(System.out, line));
      }
      return 0;
    }
  }
}
