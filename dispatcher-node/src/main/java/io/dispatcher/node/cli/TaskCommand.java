package io.dispatcher.node.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about one task. */
@Command(
    name = "task",
    description = "Shows, awaits or cancels one task.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      TaskGetCommand.class,
      TaskResultCommand.class,
      TaskCancelCommand.class,
      TaskWatchCommand.class
    })
public final class TaskCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "name a command: get, result, cancel or watch");
  }
}
