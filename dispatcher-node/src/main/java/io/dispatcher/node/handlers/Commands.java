package io.dispatcher.node.handlers;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The programs that run now. No thread waits for one: the JDK tells when it has ended, its output
 * goes to files, and two threads for all look at their sizes from time to time. Thread-safe.
 */
final class Commands implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Commands.class);
  private static final int THREADS = 2;
  private static final long WATCH_MILLIS = 25;

  /** Between being asked to end and being made to. */
  private static final long GRACE_MILLIS = 2_000;

  private final Set<CommandRun> runs = ConcurrentHashMap.newKeySet();
  private final ScheduledThreadPoolExecutor threads;
  private final AtomicBoolean watching = new AtomicBoolean();
  private final Thread hook = new Thread(this::killAll, "dispatcher-command-end");

  Commands() {
    AtomicInteger count = new AtomicInteger();
    threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "dispatcher-command-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts a program. Blocks as long as that takes. */
  CommandRun start(ProcessBuilder builder, byte[] payload) throws CommandFailed {
    String program = builder.command().get(0);
    CommandFiles files = null;
    try {
      files = CommandFiles.make(builder, payload);
      Process process = builder.start();
      files.forget();
      CommandRun run = new CommandRun(program, process, files);
      runs.add(run);
      process.onExit().thenRun(() -> execute(() -> ended(run)));
      watch();
      return run;
    } catch (IOException e) {
      if (files != null) {
        files.close();
      }
      throw new CommandFailed(program + " could not be started: " + e.getMessage(), "");
    }
  }

  private void ended(CommandRun run) {
    if (runs.remove(run)) {
      run.ended();
    }
  }

  /** Looks at the outputs as long as something runs. */
  private void watch() {
    if (watching.compareAndSet(false, true)) {
      threads.schedule(this::look, WATCH_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    runs.forEach(CommandRun::watch);
    watching.set(false);
    if (!runs.isEmpty()) {
      watch();
    }
  }

  /** Ends a program: asks, and after a grace makes it. Any thread; does not block. */
  void stop(CommandRun run) {
    execute(
        () -> {
          if (run.stop()) {
            threads.schedule(run::kill, GRACE_MILLIS, TimeUnit.MILLISECONDS);
          }
        });
  }

  private void execute(Runnable step) {
    try {
      threads.execute(step);
    } catch (RejectedExecutionException closed) {
      step.run(); // everything is being killed; only files are left to close
    }
  }

  private void killAll() {
    runs.forEach(CommandRun::kill);
  }

  /** Ends all programs at once. */
  @Override
  public void close() {
    killAll();
    threads.shutdown();
    // An end that waited for a thread is told by the one that sees the process end.
    runs.forEach(run -> run.process().onExit().thenRun(() -> ended(run)));
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      log.trace("the process ends; the hook runs by itself");
    }
  }
}
