package io.dispatcher.node.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about all that a cluster holds. */
@Command(
    name = "ledger",
    description = {
      "Takes all tasks of a cluster into a file, and into another cluster: for a planned stop of"
          + " the whole cluster, which keeps everything in memory."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {LedgerExportCommand.class, LedgerImportCommand.class})
public final class LedgerCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command: export or import");
  }
}
