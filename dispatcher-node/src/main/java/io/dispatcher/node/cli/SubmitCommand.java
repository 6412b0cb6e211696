package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Submits a task, and waits for its outcome if that is wanted. */
@Command(
    name = "submit",
    description = {
      "Submits a task and prints its id, or with --wait its result.",
      "Exit code: 0 done, 1 the task failed, 2 usage, 3 not known in time, 4 refused or unreachable."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class SubmitCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration LONG_PATIENCE = Duration.ofSeconds(30);

  @Parameters(paramLabel = "TYPE", description = "name of the task's type")
  private String type = "";

  @ArgGroup private @Nullable Source source;

  private static final class Source {
    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "the payload is what is in this file; - is stdin")
    private @Nullable Path file;

    @Option(names = "--data", paramLabel = "TEXT", description = "the payload is this text")
    private @Nullable String data;
  }

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      arity = "0..1",
      fallbackValue = "30d",
      converter = Time.class,
      description = "wait for the outcome, so long at most if a TIME is given: --wait=10s")
  private @Nullable Duration wait;

  @Mixin private OptionFlags options = new OptionFlags();

  @Mixin private Target target = new Target();

  @Override
  public Integer call() {
    Task<byte[], byte[]> task = task();
    try (HttpTaskClient client = target.client(wait == null ? PATIENCE : LONG_PATIENCE)) {
      TaskHandle<byte[]> handle = client.submit(task);
      TaskId id = accepted(handle);
      if (wait == null) {
        Placement placement = explained(client, id);
        if (target.json()) {
          ObjectNode told = Outcomes.accepted(id, "waiting");
          if (placement != null) {
            told.set("placement", Placements.json(placement));
          }
          Target.print(told);
        } else {
          Screen.line(System.out, id.text());
        }
        return 0;
      }
      try (Progress progress = new Progress(Screen.errIsTerminal() && !target.json())) {
        Outcome<byte[]> outcome =
            Waiting.outcome(
                client, handle, id, wait, target.json() ? status -> {} : progress::show);
        return Outcomes.show(outcome, target.json(), explained(client, id));
      }
    }
  }

  /** Why it went where it did, if that is wanted and known; on stderr unless all is JSON. */
  private @Nullable Placement explained(HttpTaskClient client, TaskId id) {
    if (!options.explains()) {
      return null;
    }
    Placement placement =
        TaskArgument.join(client.find(id)).map(TaskStatus::placement).orElse(null);
    if (placement != null && !target.json()) {
      Placements.lines(placement).forEach(line -> Screen.line(System.err, Screen.plain(line)));
    }
    return placement;
  }

  private static TaskId accepted(TaskHandle<?> handle) {
    try {
      return handle.accepted().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw CommandFailed.of(e);
    }
  }

  private Task<byte[], byte[]> task() {
    byte[] payload = payload();
    try {
      TaskOptions own = options.options();
      return TaskType.of(type, Codec.bytes(), Codec.bytes()).task(payload).options(own);
    } catch (IllegalArgumentException e) {
      throw target.usage(String.valueOf(e.getMessage()));
    } catch (TaskRefused e) {
      throw CommandFailed.of(e);
    }
  }

  private byte[] payload() {
    if (source != null && source.data != null) {
      return source.data.getBytes(StandardCharsets.UTF_8);
    }
    Path file = source == null ? null : source.file;
    if (file == null) {
      return new byte[0];
    }
    // One byte more than may be: a longer file is refused by its size and need not be read.
    try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      return in.readNBytes(TaskLimits.MAX_VALUE_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw target.usage("--file is " + file + ", which does not exist");
    } catch (AccessDeniedException e) {
      throw target.usage("--file is " + file + ", which this user may not read");
    } catch (IOException e) {
      throw target.usage("--file is " + file + ", which cannot be read: " + e.getMessage());
    }
  }
}
