package io.dispatcher.node.cli;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints the result of a task. */
@Command(
    name = "result",
    description = {
      "Prints the bytes of a task's result.",
      "Exit code 3 if there is no outcome yet, 1 if the task did not succeed or is forgotten."
    },
    mixinStandardHelpOptions = true)
final class TaskResultCommand implements Callable<Integer> {

  @Mixin private TaskArgument task = new TaskArgument();

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      arity = "0..1",
      fallbackValue = "30d",
      converter = Time.class,
      description = "wait for the outcome, so long at most if a TIME is given: --wait=10s")
  private @Nullable Duration wait;

  @Override
  public Integer call() {
    boolean json = task.target().json();
    try (HttpTaskClient client = task.target().client(Duration.ofSeconds(wait == null ? 1 : 30));
        Progress progress = new Progress(Screen.errIsTerminal() && !json)) {
      TaskStatus status = task.statusOfKept(client);
      if (wait == null && !status.state().isFinal()) {
        throw CommandFailed.notKnown(
            task.id(), "task " + task.id() + " has no outcome yet, it is " + Outcomes.line(status));
      }
      return Outcomes.show(
          Waiting.outcome(
              client,
              task.attach(client),
              task.id(),
              wait == null ? Duration.ofSeconds(30) : wait,
              json ? looked -> {} : progress::show),
          json);
    }
  }
}
