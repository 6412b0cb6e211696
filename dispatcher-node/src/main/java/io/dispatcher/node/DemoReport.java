package io.dispatcher.node;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code demo} says, each event with the time since its start: on a terminal the progress is
 * one line that changes. Thread-safe.
 */
final class DemoReport {
  private static final long TERMINAL_MILLIS = 200;
  private static final long PLAIN_MILLIS = 2000;

  private final PrintStream out;
  private final boolean terminal;
  private final int nodes;
  private final long start = System.currentTimeMillis();
  private boolean openLine;
  private long next;

  DemoReport(PrintStream out, boolean terminal, int nodes) {
    this.out = out;
    this.terminal = terminal;
    this.nodes = nodes;
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

  synchronized void say(String format, @Nullable Object... values) {
    closeLine();
    out.println(text(format, values));
  }

  /** Something that happens now. */
  void event(String format, @Nullable Object... values) {
    eventAt(System.currentTimeMillis(), format, values);
  }

  void eventAt(long millis, String format, @Nullable Object... values) {
    say("%s", time(millis) + text(format, values));
  }

  /** What is to be told of a run now and then; too often for all of it to be printed. */
  synchronized void progress(DemoTally tally) {
    long now = System.currentTimeMillis();
    if (next == 0) {
      next = now + PLAIN_MILLIS;
    }
    if (now < next) {
      return;
    }
    next = now + (terminal ? TERMINAL_MILLIS : PLAIN_MILLIS);
    DemoTally.Totals totals = tally.totals();
    String running =
        IntStream.range(0, nodes)
            .mapToObj(
                node -> node == tally.killedNode() ? "killed" : Long.toString(tally.running(node)))
            .collect(Collectors.joining(" "));
    String line =
        time(now)
            + text(
                "accepted %,d  done %,d  running per node: %s",
                totals.accepted(), totals.done(), running);
    if (terminal) {
      out.print("\r" + line + "   ");
      out.flush();
      openLine = true;
    } else {
      out.println(line);
    }
  }

  void totals(DemoTally.Totals totals, List<DemoTally.PerNode> perNode, int killed) {
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
    say("");
    say("tasks per node    before     after the kill");
    for (DemoTally.PerNode node : perNode) {
      String was = node.node() == killed ? "  (killed)" : "";
      say("%-15s %,8d  %,8d%s", Topology.name(node.node()), node.before(), node.after(), was);
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

  private String time(long millis) {
    return text("%6.2f s  ", (millis - start) / 1e3);
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
