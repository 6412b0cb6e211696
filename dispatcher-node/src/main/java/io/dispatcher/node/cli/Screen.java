package io.dispatcher.node.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Stdout and stderr, and what may be done with them. */
final class Screen {
  private static final int STDOUT = 1;
  private static final int STDERR = 2;

  private Screen() {}

  /** Whether people look at stdout. */
  static boolean outIsTerminal() {
    return isTerminal(STDOUT);
  }

  /** Whether people look at stderr. */
  static boolean errIsTerminal() {
    return isTerminal(STDERR);
  }

  /** Whether colours are wanted where there is a terminal. */
  static boolean colours() {
    String none = System.getenv("NO_COLOR");
    return (none == null || none.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
  }

  /** In bold, or in a colour, if the terminal shows any. */
  static String styled(String text, int code, boolean terminal) {
    return terminal && colours() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }

  /**
   * System.console() does not tell any more from Java 22 on; where there is no /proc it is asked
   * all the same.
   */
  @SuppressWarnings("SystemConsoleNull") // asked only where it still tells
  private static boolean isTerminal(int descriptor) {
    Path file = Path.of("/proc/self/fd/" + descriptor);
    if (!Files.exists(file)) {
      return Runtime.version().feature() < 22 && System.console() != null;
    }
    try {
      Path target = file.toRealPath();
      return target.startsWith("/dev") && !target.equals(Path.of("/dev/null"));
    } catch (IOException e) {
      return false;
    }
  }

  /** The width of the terminal as the shell tells it; 80 if it does not. */
  static int columns() {
    return number(System.getenv("COLUMNS"), 80);
  }

  /** The height of the terminal as the shell tells it; 24 if it does not. */
  static int lines() {
    return number(System.getenv("LINES"), 24);
  }

  private static int number(@Nullable String text, int other) {
    return text != null && text.matches("[1-9]\\d{0,4}") ? Integer.parseInt(text) : other;
  }

  /** Prints in UTF-8, whatever the locale. */
  static void line(PrintStream stream, String text) {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    stream.write(bytes, 0, bytes.length);
    stream.flush();
  }

  /** Without control characters, which could make a terminal do anything. */
  static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
