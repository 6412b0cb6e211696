package io.dispatcher.node.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Deletes one, or those that match. */
@Command(
    name = "delete",
    description = "Deletes one, or those that match.",
    mixinStandardHelpOptions = true)
final class DeadLettersDeleteCommand implements Callable<Integer> {

  @Mixin private LetterChoice choice = new LetterChoice();

  @Override
  public Integer call() {
    return choice.act("delete", "deleted");
  }
}
