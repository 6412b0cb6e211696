package io.dispatcher.node;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What {@code demo} says: on a terminal the progress is one line that changes. */
final class DemoReport {
  private static final long TERMINAL_MILLIS = 200;
  private static final long PLAIN_MILLIS = 2000;

  private final PrintStream out;
  private final boolean terminal;
  private final int nodes;
  private boolean openLine;
  private long next;

  DemoReport(PrintStream out, boolean terminal, int nodes) {
    this.out = out;
    this.terminal = terminal;
    this.nodes = nodes;
    next = terminal ? TERMINAL_MILLIS : PLAIN_MILLIS;
  }

  /**
   * System.console() does not tell any more from Java 22 on; where there is no /proc it is no
   * terminal.
   */
  static boolean stdoutIsTerminal() {
    try {
      Path stdout = Path.of("/proc/self/fd/1").toRealPath();
      return stdout.startsWith("/dev") && !stdout.equals(Path.of("/dev/null"));
    } catch (IOException e) {
      return false;
    }
  }

  void say(String format, @Nullable Object... values) {
    closeLine();
    out.println(text(format, values));
  }

  void progress(long elapsedNanos, DemoTally tally) {
    long millis = TimeUnit.NANOSECONDS.toMillis(elapsedNanos);
    if (millis < next) {
      return;
    }
    next = millis + (terminal ? TERMINAL_MILLIS : PLAIN_MILLIS);
    DemoTally.Totals totals = tally.totals();
    String running =
        IntStream.range(0, nodes)
            .mapToObj(
                node -> node == tally.killedNode() ? "killed" : Long.toString(tally.running(node)))
            .collect(Collectors.joining(" "));
    String line =
        text(
            "%5.1f s  accepted %,d  done %,d  running per node: %s",
            millis / 1e3, totals.accepted(), totals.done(), running);
    if (terminal) {
      out.print("\r" + line + "   ");
      out.flush();
      openLine = true;
    } else {
      out.println(line);
    }
  }

  void killed(String node, long running) {
    say("killed %s (SIGKILL) while it ran %d tasks", node, running);
  }

  void totals(DemoTally.Totals totals) {
    say("");
    say("accepted        %,8d", totals.accepted());
    say("done            %,8d", totals.done());
    say("lost            %,8d", totals.lost());
    say("wrong           %,8d", totals.wrong());
    say("started twice   %,8d  (were on the killed node)", totals.startedTwice());
    say("recorded twice  %,8d  (every outcome was read again)", totals.recordedTwice());
    if (totals.restartFirst() < 0) {
      say("restart           none  (no started task was on the killed node)");
    } else {
      say("first restart   %,8d ms after the kill", totals.restartFirst());
      say("last restart    %,8d ms after the kill", totals.restartLast());
    }
    if (totals.refused() > 0) {
      say("not accepted    %,8d", totals.refused());
    }
    if (totals.firstWrong() != null) {
      say("the first wrong one: %s", totals.firstWrong());
    }
    if (totals.verified() < totals.done()) {
      say("FAILED: %,d outcomes could not be read again", totals.done() - totals.verified());
    }
  }

  static boolean good(DemoTally.Totals totals) {
    return totals.accepted() > 0
        && totals.lost() == 0
        && totals.wrong() == 0
        && totals.recordedTwice() == 0
        && totals.verified() == totals.done();
  }

  /** The keys of {@code --json}; a restart that did not happen is null. */
  static Map<String, @Nullable Object> keys(DemoTally.Totals totals) {
    Map<String, @Nullable Object> keys = new LinkedHashMap<>();
    keys.put("accepted", totals.accepted());
    keys.put("done", totals.done());
    keys.put("lost", totals.lost());
    keys.put("wrong", totals.wrong());
    keys.put("started_twice", totals.startedTwice());
    keys.put("recorded_twice", totals.recordedTwice());
    keys.put("restart_first_ms", totals.restartFirst() < 0 ? null : totals.restartFirst());
    keys.put("restart_last_ms", totals.restartLast() < 0 ? null : totals.restartLast());
    return keys;
  }

  private void closeLine() {
    if (openLine) {
      out.println();
      openLine = false;
    }
  }

  private static String text(String format, @Nullable Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
