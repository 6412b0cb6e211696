package io.dispatcher.node.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about failed tasks whose payloads are kept. */
@Command(
    name = "dead-letters",
    description =
        "Lists, shows, retries or deletes failed tasks whose payloads are kept, for 7 days.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DeadLettersListCommand.class,
      DeadLettersGetCommand.class,
      DeadLettersRetryCommand.class,
      DeadLettersDeleteCommand.class
    })
public final class DeadLettersCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command: list, get, retry or delete");
  }
}
