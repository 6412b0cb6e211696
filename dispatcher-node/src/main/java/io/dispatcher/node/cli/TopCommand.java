package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows the cluster at work. */
@Command(
    name = "top",
    description = {
      "Shows the cluster at work, again and again until it is interrupted.",
      "On a terminal the screen changes in place; else, and with --json, one view after the other."
    },
    mixinStandardHelpOptions = true)
public final class TopCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final int BOLD = 1;
  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";

  @Mixin private Target target = new Target();

  @Option(
      names = "--every",
      paramLabel = "TIME",
      converter = Time.class,
      description = "time between two views; default 1s")
  private Duration every = Duration.ofSeconds(1);

  @Option(names = "--times", paramLabel = "N", description = "stop after so many views")
  private @Nullable Integer times;

  @Override
  public Integer call() throws InterruptedException {
    if (every.compareTo(Duration.ofMillis(100)) < 0) {
      throw target.usage("--every must be 100ms or more");
    }
    if (times != null && times < 1) {
      throw target.usage("--times must be 1 or more");
    }
    boolean terminal = Screen.outIsTerminal() && !target.json();
    CountDownLatch end = new CountDownLatch(1);
    try (Api api = target.api()) {
      // Before the screen changes: a cluster that is not there is told on the usual one.
      JsonNode view = api.get("/v1/stats");
      if (!terminal) {
        views(api, view, end, false);
        return 0;
      }
      Thread restore = new Thread(() -> write(LEAVE), "screen");
      Runtime.getRuntime().addShutdownHook(restore);
      write(ENTER);
      try {
        views(api, view, end, true);
      } finally {
        leave(restore);
      }
    }
    return 0;
  }

  private static void leave(Thread restore) {
    try {
      Runtime.getRuntime().removeShutdownHook(restore);
    } catch (IllegalStateException ending) {
      // The process is ending, and the hook does it.
      return;
    }
    write(LEAVE);
  }

  private void views(Api api, JsonNode first, CountDownLatch end, boolean terminal)
      throws InterruptedException {
    JsonNode view = first;
    for (int shown = 1; ; shown++) {
      show(view, terminal);
      if (times != null && shown >= times) {
        return;
      }
      if (end.await(every.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
      view = api.get("/v1/stats");
    }
  }

  private void show(JsonNode view, boolean terminal) {
    if (target.json()) {
      Target.print(view);
      return;
    }
    List<String> lines = lines(view, terminal);
    if (!terminal) {
      lines.forEach(line -> Screen.line(System.out, line));
      return;
    }
    int height = Screen.lines() - 1;
    StringBuilder screen = new StringBuilder("\u001b[H");
    for (String line : lines.subList(0, Math.min(height, lines.size()))) {
      screen.append(line).append("\u001b[K\r\n");
    }
    write(screen.append("\u001b[J").toString());
  }

  private static List<String> lines(JsonNode view, boolean terminal) {
    List<String> lines = new ArrayList<>();
    lines.add(
        Screen.styled("dispatcher", BOLD, terminal)
            + "  seen by "
            + Screen.plain(view.path("seenBy").asText())
            + " at "
            + LocalTime.now(ZoneId.systemDefault()).format(TIME)
            + Views.remark(view).map(remark -> "  (" + remark + ")").orElse(""));
    lines.add("");
    add(lines, Views.nodes(view), terminal);
    add(lines, Views.types(view), terminal);
    if (!view.path("faults").isEmpty()) {
      add(lines, Views.faults(view), terminal);
    }
    if (!view.path("failures").isEmpty()) {
      add(lines, Views.failures(view), terminal);
    }
    return lines;
  }

  private static void add(List<String> lines, Table table, boolean terminal) {
    List<String> rows = table.lines();
    lines.add(Screen.styled(rows.get(0), BOLD, terminal));
    lines.addAll(rows.subList(1, rows.size()));
    lines.add("");
  }

  private static void write(String text) {
    byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    System.out.write(bytes, 0, bytes.length);
    System.out.flush();
  }
}
