package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows what a task does until it ends. */
@Command(
    name = "watch",
    description = {
      "Shows what a task does until it ends: a bar on a terminal, else a line for each change.",
      "With --json one object for each change. Exit code 1 if the task does not succeed."
    },
    mixinStandardHelpOptions = true)
final class TaskWatchCommand implements Callable<Integer> {
  private static final Duration FOREVER = Duration.ofDays(365);

  @Mixin private TaskArgument task = new TaskArgument();

  @Override
  public Integer call() {
    boolean json = task.target().json();
    try (HttpTaskClient client = task.target().client(Duration.ofSeconds(30));
        Progress progress = new Progress(Screen.errIsTerminal() && !json)) {
      Consumer<TaskStatus> look = json ? new Changes() : progress::show;
      TaskStatus status = task.statusOfKept(client);
      if (!status.state().isFinal()) {
        look.accept(status);
      }
      TaskHandle<byte[]> handle = task.attach(client);
      Outcome<byte[]> outcome = Waiting.outcome(client, handle, task.id(), FOREVER, look);
      progress.close();
      TaskStatus end = task.status(client);
      if (json) {
        Target.print(Outcomes.json(end));
      } else {
        Screen.line(System.out, "task " + task.id() + " " + Outcomes.line(end));
      }
      return outcome instanceof Outcome.Succeeded ? 0 : CommandFailed.FAILED;
    }
  }

  private static final class Changes implements Consumer<TaskStatus> {
    private @Nullable JsonNode last;

    @Override
    public void accept(TaskStatus status) {
      JsonNode json = Outcomes.json(status);
      if (!json.equals(last)) {
        last = json;
        Target.print(json);
      }
    }
  }
}
