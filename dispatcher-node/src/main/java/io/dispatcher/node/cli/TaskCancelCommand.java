package io.dispatcher.node.cli;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Cancels a task. */
@Command(
    name = "cancel",
    description = "Cancels a task. Exit code 1 if it had already ended otherwise.",
    mixinStandardHelpOptions = true)
final class TaskCancelCommand implements Callable<Integer> {

  @Mixin private TaskArgument task = new TaskArgument();

  @Override
  public Integer call() {
    try (HttpTaskClient client = task.target().client(Duration.ofSeconds(1))) {
      task.statusOfKept(client);
      boolean cancelled = TaskArgument.join(task.attach(client).cancel());
      TaskState now = task.status(client).state();
      String state = now.text();
      if (task.target().json()) {
        Target.print(Outcomes.accepted(task.id(), state));
      } else if (cancelled && !now.isFinal()) {
        Screen.line(
            System.out,
            "task "
                + task.id()
                + " is to be cancelled, which is recorded; it is "
                + state
                + " until the node that drives it answers");
      } else if (cancelled) {
        Screen.line(System.out, "task " + task.id() + " is cancelled");
      } else {
        throw CommandFailed.failed(
            "ended", "task " + task.id() + " was not cancelled: it is " + state);
      }
      return cancelled ? 0 : CommandFailed.FAILED;
    }
  }
}
