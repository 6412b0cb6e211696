package io.dispatcher.node.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Submits one, or those that match, again as new tasks. */
@Command(
    name = "retry",
    description = "Submits one, or those that match, again as new tasks.",
    mixinStandardHelpOptions = true)
final class DeadLettersRetryCommand implements Callable<Integer> {

  @Mixin private LetterChoice choice = new LetterChoice();

  @Override
  public Integer call() {
    return choice.act("retry", "retried");
  }
}
