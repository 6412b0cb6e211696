package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.io.Serializable;
import java.io.Writer;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/**
 * What one attempt failed with, as data that can travel: no class of the handler's side is needed
 * to read it. Longer texts are cut, never inside a character.
 *
 * @param type class name of the error, at most {@value TaskLimits#MAX_FAILURE_TYPE_BYTES} bytes of
 *     UTF-8
 * @param message its message, empty if it had none, at most {@value
 *     TaskLimits#MAX_FAILURE_MESSAGE_BYTES} bytes of UTF-8
 * @param trace its stack trace with causes, at most {@value TaskLimits#MAX_FAILURE_TRACE_BYTES}
 *     bytes of UTF-8
 * @param node name of the node on which the attempt ran
 * @param attempt number of the attempt, from 1; 0 if the task failed without having been started
 */
public record Failure(String type, String message, String trace, String node, int attempt)
    implements Serializable {
  // Only ends the search when wrappers are each other's causes.
  private static final int MAX_WRAPPERS = 100;

  /**
   * Cuts the texts to their limits.
   *
   * @throws IllegalArgumentException if the attempt is negative
   */
  public Failure {
    type = Text.cutBytes(requireNonNull(type, "type"), TaskLimits.MAX_FAILURE_TYPE_BYTES);
    message =
        Text.cutBytes(requireNonNull(message, "message"), TaskLimits.MAX_FAILURE_MESSAGE_BYTES);
    trace = Text.cutBytes(requireNonNull(trace, "trace"), TaskLimits.MAX_FAILURE_TRACE_BYTES);
    requireNonNull(node, "node");
    if (attempt < 0) {
      throw new IllegalArgumentException("attempt is " + attempt + ", but must be 0 or more");
    }
  }

  /**
   * Describes an error. A {@link CompletionException} or {@link ExecutionException} with a cause is
   * described by that cause. Never fails: where the error's own methods throw, the text says so.
   *
   * @param node name of the node on which the attempt ran
   * @param attempt number of the attempt, from 1
   */
  public static Failure of(Throwable error, String node, int attempt) {
    Throwable cause = unwrap(requireNonNull(error, "error"));
    return new Failure(cause.getClass().getName(), messageOf(cause), traceOf(cause), node, attempt);
  }

  /** Returns type and message, for logs: {@code java.io.IOException: disk full}. */
  public String summary() {
    return message.isEmpty() ? type : type + ": " + message;
  }

  /** Returns the error inside the wrappers that futures put around it. */
  static Throwable unwrap(Throwable error) {
    Throwable inner = error;
    for (int depth = 0; depth < MAX_WRAPPERS; depth++) {
      boolean wrapper = inner instanceof CompletionException || inner instanceof ExecutionException;
      Throwable cause = wrapper ? inner.getCause() : null;
      if (cause == null) {
        return inner;
      }
      inner = cause;
    }
    return inner;
  }

  private static String messageOf(Throwable error) {
    try {
      String message = error.getMessage();
      return message == null ? "" : message;
    } catch (Throwable thrown) {
      return "(its getMessage() threw " + thrown.getClass().getName() + ")";
    }
  }

  private static String traceOf(Throwable error) {
    Head head = new Head(TaskLimits.MAX_FAILURE_TRACE_BYTES);
    try {
      error.printStackTrace(new PrintWriter(head));
    } catch (Throwable thrown) {
      head.write("(its printStackTrace() threw " + thrown.getClass().getName() + ")");
    }
    return head.text.toString();
  }

  /** Keeps the first characters written and drops the rest, so that a long trace costs little. */
  private static final class Head extends Writer {
    private final StringBuilder text = new StringBuilder();
    private final int max;

    Head(int max) {
      this.max = max;
    }

    @Override
    public void write(char[] chars, int offset, int length) {
      text.append(chars, offset, Math.min(length, Math.max(0, max - text.length())));
    }

    @Override
    public void write(String string) {
      text.append(string, 0, Math.min(string.length(), Math.max(0, max - text.length())));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
