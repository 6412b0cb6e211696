package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;

/** A program did not do its work. Its own words stand where the trace would be. */
final class CommandFailed extends Exception {
  private static final long serialVersionUID = 1;
  private static final int MAX_LINE = 300;

  private final String stderr;

  CommandFailed(String message, String stderr) {
    super(message);
    this.stderr = fit(stderr);
  }

  /** The exit code, and the last thing that it said. */
  static CommandFailed exit(String program, int code, String stderr) {
    String how =
        code > 128 && code < 160
            ? "ended with exit code " + code + " (signal " + (code - 128) + ")"
            : "ended with exit code " + code;
    String last =
        stderr
            .lines()
            .map(line -> line.replaceAll("\\p{Cntrl}", "").strip())
            .filter(line -> !line.isEmpty())
            .reduce("", (first, second) -> second);
    String said = last.length() <= MAX_LINE ? last : last.substring(0, MAX_LINE) + "…";
    return new CommandFailed(program + " " + how + (said.isEmpty() ? "" : ": " + said), stderr);
  }

  /** The end counts: what a failure has no room for goes from the start. */
  private static String fit(String text) {
    String kept = text;
    while (kept.getBytes(UTF_8).length > CommandFiles.TAIL) {
      int over = kept.getBytes(UTF_8).length - CommandFiles.TAIL;
      kept = kept.substring(Math.max(1, over / 3));
    }
    return kept;
  }

  @Override
  public void printStackTrace(PrintWriter out) {
    out.print(stderr);
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this; // where in the node it was noticed helps nobody
  }
}
