package io.dispatcher.node.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what makes a shell complete the commands. */
@Command(
    name = "completion",
    description = {
      "Prints a script that completes commands and options in bash and zsh:",
      "  alias dispatcher='java -jar dispatcher-node.jar'; source <(dispatcher completion)"
    },
    mixinStandardHelpOptions = true)
public final class CompletionCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    CommandSpec root = spec.root();
    Screen.line(System.out, AutoComplete.bash(root.name(), root.commandLine()));
  }
}
