package io.dispatcher.node;

import static io.dispatcher.task.Codec.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.dispatcher.task.HandlerProvider;
import io.dispatcher.task.Handlers;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Work for nodes that leave: each start is written down before anything else is done. */
public final class RollingHandlers implements HandlerProvider {
  static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private static final int MILLIS = 20;

  @Override
  public void register(Handlers handlers) {
    handlers.handle(WORK, RollingHandlers::work);
  }

  /**
   * @param order the directory of the starts, which has one file for each node, and a label
   */
  private static String work(String order, TaskContext context)
      throws IOException, InterruptedException {
    int space = order.lastIndexOf(' ');
    String label = order.substring(space + 1);
    Path starts = Path.of(order.substring(0, space)).resolve(context.node());
    Files.writeString(starts, label + " " + context.attempt() + "\n", UTF_8, CREATE, APPEND);
    TimeUnit.MILLISECONDS.sleep(MILLIS);
    return label;
  }
}
