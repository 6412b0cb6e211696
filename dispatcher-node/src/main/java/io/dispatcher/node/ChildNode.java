package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * A node process that this process started: {@link ParentLink} is its other end. One thread may ask
 * at a time.
 */
public final class ChildNode {
  private static final String ENDED = "";
  private static final int LOG_LINES = 15;

  private final String name;
  private final Process process;
  private final Path log;
  private final Writer in;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private volatile boolean answered;

  private ChildNode(String name, Process process, Path log, Consumer<String> events) {
    this.name = name;
    this.process = process;
    this.log = log;
    in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), UTF_8));
    Thread reader = new Thread(() -> read(events), name + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a process whose stderr goes to a log file. */
  static ChildNode start(
      String name, List<String> command, Path directory, Consumer<String> events) {
    Path log = directory.resolve(name + ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      return new ChildNode(name, process, log, events);
    } catch (IOException e) {
      throw new RunFailed("could not start " + name + ": " + e.getMessage(), e);
    }
  }

  /** The name of the node, and of its log file. */
  public String name() {
    return name;
  }

  /** The number of the process. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process has not ended yet. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Whether it has ever said that it can be used. */
  public boolean hasAnswered() {
    return answered;
  }

  /** Calls back with the exit code, on some thread, once the process has ended. */
  public void onExit(IntConsumer listener) {
    process.onExit().thenAccept(ended -> listener.accept(ended.exitValue()));
  }

  /** Says a line that wants no answer; one that has ended does not hear it. */
  void tell(String line) {
    try {
      in.write(line + "\n");
      in.flush();
    } catch (IOException e) {
      // It has ended, which the end of its stdout tells.
    }
  }

  /** Waits for the end of the process; false if it did not come in time. */
  public boolean awaitEnd(Duration atMost) throws InterruptedException {
    return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Waits until the node says that it can be used. */
  public void awaitReady(Duration atMost) {
    answer(atMost, String.class);
  }

  /** Sends a request and waits for its answer. */
  public <T> T ask(String request, Duration atMost, Class<T> type) {
    try {
      in.write(request + "\n");
      in.flush();
    } catch (IOException e) {
      throw ended();
    }
    return answer(atMost, type);
  }

  /** Asks the process to end (SIGTERM). */
  public void terminate() {
    // Process.destroy() would close its standard input too, at whose end a child ends at once.
    process.toHandle().destroy();
  }

  /** Kills the process at once (SIGKILL) and waits until it is gone. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Processor time used so far. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** The most memory the process ever had resident; 0 where the system does not say. */
  long peakBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private <T> T answer(Duration atMost, Class<T> type) {
    String line;
    try {
      line = answers.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailed("interrupted while waiting for " + name, e);
    }
    if (line == null) {
      throw new RunFailed(name + " did not answer within " + atMost.toSeconds() + " s" + logTail());
    }
    if (line.equals(ENDED)) {
      throw ended();
    }
    if (line.startsWith(ParentLink.ERROR)) {
      String error = Json.read(line.substring(ParentLink.ERROR.length()), String.class);
      throw new RunFailed(name + ": " + error + logTail());
    }
    return Json.read(line.substring(ParentLink.ANSWER.length()), type);
  }

  private RunFailed ended() {
    int code = process.onExit().join().exitValue();
    return new RunFailed(name + " ended with exit code " + code + logTail());
  }

  private String logTail() {
    try {
      List<String> lines = Files.readAllLines(log);
      List<String> last = lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size());
      return last.isEmpty() ? "" : "; the end of its log:\n  " + String.join("\n  ", last);
    } catch (IOException e) {
      return "; its log " + log + " cannot be read";
    }
  }

  private void read(Consumer<String> events) {
    try (BufferedReader out = process.inputReader(UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(ParentLink.EVENT)) {
          events.accept(line.substring(ParentLink.EVENT.length()));
        } else if (line.startsWith(ParentLink.ANSWER) || line.startsWith(ParentLink.ERROR)) {
          answered = true;
          answers.add(line);
        }
      }
    } catch (IOException e) {
      // As at the end of the stream.
    }
    answers.add(ENDED);
  }
}
