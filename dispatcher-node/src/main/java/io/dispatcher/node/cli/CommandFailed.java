package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.client.Unreachable;
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskCancelled;
import io.dispatcher.task.TaskExpired;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskWaitTimeout;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** A command did not do what was asked; the message is for the user. */
public final class CommandFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The task failed, or there is none. */
  static final int FAILED = 1;

  /** It is not known in time how it ended, or whether it was accepted. */
  static final int NOT_KNOWN = 3;

  /** The cluster refused it, or cannot be reached. */
  static final int REFUSED = 4;

  private final int exitCode;
  private final String reason;

  CommandFailed(int exitCode, String reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.reason = reason;
  }

  static CommandFailed failed(String reason, String message) {
    return new CommandFailed(FAILED, reason, message, null);
  }

  static CommandFailed notKnown(String message) {
    return new CommandFailed(NOT_KNOWN, "not-known", message, null);
  }

  /** What an error of the client means to the user. */
  static CommandFailed of(Throwable error) {
    Throwable cause = error;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof CommandFailed known) {
      return known;
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return new CommandFailed(exitCode(cause), reason(cause), message, cause);
  }

  private static int exitCode(Throwable cause) {
    if (cause instanceof TaskFailed
        || cause instanceof TaskCancelled
        || cause instanceof TaskExpired) {
      return FAILED;
    }
    boolean unknown = cause instanceof AcceptUnknown || cause instanceof TaskWaitTimeout;
    return unknown ? NOT_KNOWN : REFUSED;
  }

  private static String reason(Throwable cause) {
    if (cause instanceof TaskRefused refused && !unreachable(cause)) {
      return refused.reason().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
    if (cause instanceof AcceptUnknown) {
      return "accept-unknown";
    }
    return unreachable(cause) ? "unreachable" : "refused";
  }

  /** Nobody answers. */
  boolean unreachable() {
    return unreachable(this);
  }

  private static boolean unreachable(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof Unreachable) {
        return true;
      }
    }
    return false;
  }

  /** Tells the user, on stderr and with {@code --json} on stdout too, and returns the exit code. */
  public int tell(CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    err.println(command.getCommandSpec().qualifiedName() + ": " + getMessage());
    Throwable cause = getCause();
    if (cause instanceof RuntimeException && !(cause instanceof DispatcherException)) {
      cause.printStackTrace(err);
    }
    err.flush();
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    if (last.hasMatchedOption("--json")) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.putObject("error").put("reason", reason).put("detail", getMessage());
      Target.print(json);
    }
    return exitCode;
  }
}
