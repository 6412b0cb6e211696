package io.dispatcher.node.cli;

import io.dispatcher.task.TaskStatus;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a task is doing, on stderr: on a terminal one line that changes, with a bar if the handler's
 * note tells how far it is; elsewhere a line for each change.
 */
final class Progress implements AutoCloseable {
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})(?:\\.\\d+)?\\s*%");
  private static final Pattern PART = Pattern.compile("(\\d{1,9})\\s*(?:/|of)\\s*(\\d{1,9})");
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final int BAR = 20;
  private static final int CYAN = 36;

  private final boolean terminal;
  private final long begun = System.nanoTime();
  private String last = "";
  private boolean openLine;

  Progress(boolean terminal) {
    this.terminal = terminal;
  }

  void show(TaskStatus status) {
    String line = Outcomes.line(status);
    if (terminal) {
      String bar = bar(status.progress());
      int room = Math.max(0, Screen.columns() - 1 - bar.length());
      String text = line + seconds();
      System.err.print(
          "\r\u001b[K"
              + Screen.styled(bar, CYAN, true)
              + text.substring(0, Math.min(room, text.length())));
      System.err.flush();
      openLine = true;
    } else if (!line.equals(last)) {
      Screen.line(System.err, LocalTime.now(ZoneId.systemDefault()).format(TIME) + " " + line);
    }
    last = line;
  }

  private String seconds() {
    return String.format(Locale.ROOT, "  %d s", (System.nanoTime() - begun) / 1_000_000_000L);
  }

  private String bar(@Nullable String note) {
    double part = part(note);
    if (part < 0) {
      return "";
    }
    int full = (int) Math.round(part * BAR);
    String bar = "█".repeat(full) + "░".repeat(BAR - full);
    return bar + String.format(Locale.ROOT, " %3.0f %%  ", 100 * part);
  }

  /** How much is done, 0 to 1; -1 if the note does not tell. */
  static double part(@Nullable String note) {
    if (note == null) {
      return -1;
    }
    Matcher percent = PERCENT.matcher(note);
    if (percent.find()) {
      return Math.min(1, Integer.parseInt(percent.group(1)) / 100.0);
    }
    Matcher part = PART.matcher(note);
    if (part.find() && Integer.parseInt(part.group(2)) > 0) {
      return Math.min(
          1, (double) Integer.parseInt(part.group(1)) / Integer.parseInt(part.group(2)));
    }
    return -1;
  }

  @Override
  public void close() {
    if (openLine) {
      System.err.print("\r\u001b[K");
      System.err.flush();
    }
  }
}
