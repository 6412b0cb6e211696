package io.dispatcher.node.cli;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows how a task stands. */
@Command(
    name = "get",
    description = "Shows how a task stands: state, node, attempt, progress, earlier attempts.",
    mixinStandardHelpOptions = true)
final class TaskGetCommand implements Callable<Integer> {

  @Mixin private TaskArgument task = new TaskArgument();

  @Option(
      names = "--explain",
      description = "also why it went where it did, if it was submitted with --explain")
  private boolean explain;

  @Override
  public Integer call() {
    try (HttpTaskClient client = task.target().client(Duration.ofSeconds(1))) {
      TaskStatus status = task.status(client);
      if (task.target().json()) {
        Target.print(Outcomes.json(status));
      } else {
        String type = status.type().isEmpty() ? "" : " (" + status.type() + ")";
        Screen.line(System.out, status.id() + type + " is " + Outcomes.line(status));
        if (status.retryOf() != null) {
          Screen.line(System.out, "It repeats " + status.retryOf() + ".");
        }
        if (!status.history().isEmpty()) {
          Outcomes.history(status).lines().forEach(line -> Screen.line(System.out, line));
        }
        if (explain) {
          Placement placement = status.placement();
          List<String> lines =
              placement == null
                  ? List.of(
                      "Why it went where it did is not known: it was not submitted with --explain,"
                          + " has not been handed out, or its front has forgotten it.")
                  : Placements.lines(placement);
          lines.forEach(line -> Screen.line(System.out, Screen.plain(line)));
        }
      }
      return 0;
    }
  }
}
