package io.dispatcher.node.cli;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** The task that a command is about, and the cluster that has it. */
final class TaskArgument {

  /** Only the bytes are wanted, whatever the type. */
  private static final TaskType<byte[], byte[]> BYTES =
      TaskType.of("any", Codec.bytes(), Codec.bytes());

  @Parameters(paramLabel = "ID", converter = Id.class, description = "the task's id")
  private TaskId id = TaskId.of("none");

  @Mixin private Target target = new Target();

  TaskId id() {
    return id;
  }

  Target target() {
    return target;
  }

  /**
   * How the task stands.
   *
   * @throws CommandFailed if there is no such task, or nobody can say
   */
  TaskStatus status(HttpTaskClient client) {
    return join(client.find(id))
        .orElseThrow(
            () ->
                CommandFailed.failed(
                    "unknown-task",
                    "task " + id + " is not known: this cluster has never accepted it"));
  }

  /** As {@link #status}, for those who want its outcome. */
  TaskStatus statusOfKept(HttpTaskClient client) {
    TaskStatus status = status(client);
    if (status.state() == TaskState.REMOVED) {
      throw CommandFailed.failed(
          "removed", "task " + id + " has ended, and its outcome is no longer kept");
    }
    return status;
  }

  TaskHandle<byte[]> attach(HttpTaskClient client) {
    return client.attach(id, BYTES);
  }

  static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw CommandFailed.of(e);
    }
  }

  private static final class Id implements ITypeConverter<TaskId> {
    @Override
    public TaskId convert(String value) {
      try {
        return TaskId.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
