package io.dispatcher.node.handlers;

import io.dispatcher.node.config.HandlerConfig;
import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.TaskContext;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Runs a program for each task: the payload on its stdin, the result from its stdout, a failure
 * where its exit code is not 0. What it runs stands in the configuration alone; no shell takes
 * part.
 */
final class CommandHandler implements AsyncHandler<byte[], byte[]> {

  /** The node's own settings, its token among them, are not the program's business. */
  private static final String OWN = "DISPATCHER_";

  private final Commands commands;
  private final HandlerConfig.Command config;
  private final Set<String> secrets;

  /**
   * @param secrets of the node; a variable that is one of them is kept from the program
   */
  CommandHandler(Commands commands, HandlerConfig.Command config, Set<String> secrets) {
    this.commands = commands;
    this.config = config;
    this.secrets = secrets;
  }

  @Override
  public CompletionStage<byte[]> handle(byte[] payload, TaskContext context) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(config.argv());
    if (config.directory() != null) {
      builder.directory(config.directory().toFile());
    }
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith(OWN));
    environment.values().removeIf(secrets::contains);
    environment.put("DISPATCHER_TASK_ID", context.id().text());
    environment.put("DISPATCHER_TASK_TYPE", context.type());
    environment.put("DISPATCHER_TASK_ATTEMPT", Integer.toString(context.attempt()));
    environment.putAll(config.environment());
    CommandRun run = commands.start(builder, payload);
    context.cancellation().thenRun(() -> commands.stop(run));
    return run.result();
  }
}
