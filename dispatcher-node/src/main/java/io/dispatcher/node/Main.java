package io.dispatcher.node;

import io.dispatcher.node.chaos.ChaosCallers;
import io.dispatcher.node.chaos.ChaosCommand;
import io.dispatcher.node.chaos.ChaosNode;
import io.dispatcher.node.cli.CommandFailed;
import io.dispatcher.node.cli.CompletionCommand;
import io.dispatcher.node.cli.DeadLettersCommand;
import io.dispatcher.node.cli.DrainCommand;
import io.dispatcher.node.cli.LedgerCommand;
import io.dispatcher.node.cli.NodesCommand;
import io.dispatcher.node.cli.SubmitCommand;
import io.dispatcher.node.cli.TaskCommand;
import io.dispatcher.node.cli.TopCommand;
import io.dispatcher.node.cli.TypesCommand;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Entry point of the runnable jar. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not known in
 * time, 4 refused or unreachable.
 */
@Command(
    name = "dispatcher",
    description = "Distributes tasks over a cluster of Java processes.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = VersionCommand.class,
    footerHeading = "%nTo begin with:%n",
    footer = {
      "  java -jar dispatcher-node.jar demo",
      "      kills a node half-way and loses nothing",
      "  java -jar dispatcher-node.jar node --dev 3",
      "      three nodes on this machine, to try things out",
      "  java -jar dispatcher-node.jar submit echo --data hello --wait",
      "      a first task for them"
    })
public final class Main implements Runnable {
  static final int FAILED = 1;
  static final int USAGE = 2;

  private static final List<Class<?>> COMMANDS =
      List.of(
          NodeCommand.class,
          SubmitCommand.class,
          TaskCommand.class,
          NodesCommand.class,
          DrainCommand.class,
          LedgerCommand.class,
          TypesCommand.class,
          DeadLettersCommand.class,
          TopCommand.class,
          DemoCommand.class,
          BenchCommand.class,
          ChaosCommand.class,
          CompletionCommand.class,
          VersionCommand.class,
          BenchNode.class,
          CheckpointNode.class,
          PaceNode.class,
          DemoNode.class,
          DemoRivalNode.class,
          ChaosNode.class,
          ChaosCallers.class);

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /** Runs the command that the arguments name, then ends this process. */
  public static void main(String[] args) {
    // Before the first Hazelcast class: with less it starts a thread for every callback.
    String parallelism = "java.util.concurrent.ForkJoinPool.common.parallelism";
    if (System.getProperty(parallelism) == null) {
      System.setProperty(parallelism, "2");
    }
    System.exit(commandLine(args).execute(args));
  }

  /**
   * All commands.
   *
   * @param args if they begin with the name of a command, that one only: to describe all others
   *     takes half a second of every start
   */
  static CommandLine commandLine(String... args) {
    CommandLine line = new CommandLine(new Main());
    named(args).forEach(line::addSubcommand);
    return line.setParameterExceptionHandler(Main::wrongUsage)
        .setExecutionExceptionHandler(Main::failed);
  }

  /** Who completes command lines has to know all of them: that command is not alone. */
  private static List<Class<?>> named(String[] args) {
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(each -> args.length > 0 && args[0].equals(name(each)))
            .filter(each -> each != CompletionCommand.class)
            .toList();
    return named.isEmpty() ? COMMANDS : named;
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  /** Without a command: what there is, and what to do next. */
  @Override
  public void run() {
    CommandLine command = spec.commandLine();
    command.usage(command.getOut());
  }

  private static int wrongUsage(ParameterException error, String[] args) {
    CommandLine command = error.getCommandLine();
    if (error instanceof UnmatchedArgumentException unmatched
        && !command.getSubcommands().isEmpty()
        && !unmatched.isUnknownOption()) {
      List<String> near = unmatched.getSuggestions();
      return usage(
          command,
          "there is no command '"
              + unmatched.getUnmatched().get(0)
              + "'"
              + (near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?"));
    }
    return usage(command, error.getMessage());
  }

  private static int failed(Exception error, CommandLine command, ParseResult parsed) {
    if (error instanceof CommandFailed failed) {
      return failed.tell(command, parsed);
    }
    if (error instanceof UsageException) {
      return usage(command, error.getMessage());
    }
    PrintWriter err = command.getErr();
    if (error instanceof RunFailed) {
      err.println(command.getCommandSpec().name() + ": " + error.getMessage());
    } else if (error instanceof UncheckedIOException
        && error.getCause() instanceof BindException taken) {
      err.println(command.getCommandSpec().name() + ": " + taken.getMessage());
    } else {
      err.println(command.getCommandSpec().name() + ": unexpected error");
      error.printStackTrace(err);
    }
    err.flush();
    return FAILED;
  }

  private static int usage(CommandLine command, @Nullable String message) {
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.println(name + ": " + message + " (--help says more)");
    err.flush();
    return USAGE;
  }
}
