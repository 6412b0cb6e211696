package io.dispatcher.node.handlers;

import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One program that runs, and how it ends. Used by one thread at a time of {@link Commands}. */
final class CommandRun {

  private final String program;
  private final Process process;
  private final CommandFiles files;
  private final CompletableFuture<byte[]> result = new CompletableFuture<>();

  /** What was alive below the program when it was told to stop. */
  private final List<ProcessHandle> tree = new ArrayList<>();

  private boolean stopped;
  private boolean tooLong;
  private boolean over;

  CommandRun(String program, Process process, CommandFiles files) {
    this.program = program;
    this.process = process;
    this.files = files;
  }

  CompletionStage<byte[]> result() {
    return result;
  }

  Process process() {
    return process;
  }

  /** Looks at what it has written so far; a program over the limit is ended. */
  synchronized void watch() {
    if (over) {
      return;
    }
    try {
      files.cutErr();
      if (files.outSize() > TaskLimits.MAX_VALUE_BYTES) {
        tooLong = true;
        kill();
      }
    } catch (IOException e) {
      result.completeExceptionally(new CommandFailed(program + ": its output: " + e, ""));
      kill();
    }
  }

  /**
   * Asks the program and its descendants to end.
   *
   * @return false if it has ended already
   */
  synchronized boolean stop() {
    if (over) {
      return false;
    }
    stopped = true;
    process.descendants().forEach(tree::add);
    process.destroy();
    tree.forEach(ProcessHandle::destroy);
    return true;
  }

  /** Ends the program and its descendants, those it had when it was told to stop too. */
  synchronized void kill() {
    process.descendants().forEach(tree::add);
    // A descendant that lives on may have had children since; they are found through it alone.
    List.copyOf(tree).forEach(each -> each.descendants().forEach(tree::add));
    process.destroyForcibly();
    tree.forEach(ProcessHandle::destroyForcibly);
  }

  /** The program has ended. */
  synchronized void ended() {
    over = true;
    try (files) {
      int code = process.exitValue();
      long size = files.outSize();
      if (stopped) {
        fail(new CommandFailed(program + " was stopped", files.errTail()));
      } else if (tooLong || (code == 0 && size > TaskLimits.MAX_VALUE_BYTES)) {
        fail(tooLarge());
      } else if (code != 0) {
        fail(CommandFailed.exit(program, code, files.errTail()));
      } else {
        result.complete(files.out());
      }
    } catch (IOException e) {
      fail(new CommandFailed(program + ": its output cannot be read: " + e, ""));
    }
  }

  private void fail(Exception error) {
    result.completeExceptionally(error);
  }

  private TaskRefused tooLarge() {
    return new TaskRefused(
        TaskRefused.Reason.TOO_LARGE,
        "%s wrote more than %d bytes to stdout; write a reference to the result instead"
            .formatted(program, TaskLimits.MAX_VALUE_BYTES),
        null);
  }
}
