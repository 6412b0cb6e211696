package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.client.HttpTaskClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes all that a cluster holds to a file. */
@Command(
    name = "export",
    description = {
      "Writes every task without an outcome, with its checkpoint, and every outcome that is kept to"
          + " FILE. While nodes take tasks the attempts of what may run are raised, and what is"
          + " accepted meanwhile may be missing: for a stop of the whole cluster say --stop."
    },
    mixinStandardHelpOptions = true)
final class LedgerExportCommand implements Callable<Integer> {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration REST = Duration.ofSeconds(60);
  private static final long LOOK_MILLIS = 200;

  @Mixin private Target target = new Target();

  @Parameters(paramLabel = "FILE", description = "where to")
  private @Nullable Path file;

  @Option(names = "--force", description = "replace the file if it is there")
  private boolean force;

  @Option(
      names = "--stop",
      description =
          "stop the cluster: first no node takes or starts anything any more and what runs ends,"
              + " then the export, then every node leaves and ends")
  private boolean stop;

  private long tasks;
  private long outcomes;

  @Override
  public Integer call() throws InterruptedException {
    Path to = file;
    if (to == null || Files.isDirectory(to)) {
      throw target.usage(to + " is a directory; name a file");
    }
    if (Files.exists(to) && !force) {
      throw target.usage(to + " is there already; choose another name, or say --force");
    }
    try (HttpTaskClient client = target.client(PATIENCE)) {
      Draining draining = new Draining(client, true);
      List<String> nodes = stop ? draining.everyNode() : List.of();
      if (stop) {
        nodes.forEach(draining::ask);
        awaitRest(draining, nodes);
      }
      export(client, to);
      if (stop) {
        Draining leaving = new Draining(client, false);
        nodes.forEach(leaving::ask);
      }
      tell(to, nodes);
      return 0;
    } catch (IOException e) {
      throw new CommandFailed(
          CommandFailed.FAILED, "file", to + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static void awaitRest(Draining draining, List<String> nodes) throws InterruptedException {
    long begun = System.nanoTime();
    List<String> open = draining.open(nodes);
    while (!open.isEmpty()) {
      if (System.nanoTime() - begun > REST.toNanos()) {
        throw CommandFailed.notKnown(
            "nothing was exported: "
                + String.join(", ", open)
                + " still runs tasks; say it again, or kill those nodes first");
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      open = draining.open(open);
    }
    // Every front has to have heard that the last worker rests.
    TimeUnit.SECONDS.sleep(1);
  }

  private void export(HttpTaskClient client, Path to) throws IOException {
    try (LedgerFile.Writer writer = new LedgerFile.Writer(to)) {
      String from = "";
      while (from != null) {
        byte[] page = TaskArgument.join(client.exportPage(from));
        int line = end(page);
        JsonNode head = MAPPER.readTree(Arrays.copyOf(page, line));
        if (line + 1 < page.length) {
          writer.add(page, line + 1);
        }
        tasks += head.path("tasks").asLong();
        outcomes += head.path("outcomes").asLong();
        from = head.hasNonNull("next") ? head.path("next").asText() : null;
      }
      writer.finish();
    }
  }

  private static int end(byte[] page) throws IOException {
    for (int i = 0; i < page.length; i++) {
      if (page[i] == '\n') {
        return i;
      }
    }
    throw new IOException("the answer is no part of a ledger; is --url that of a node?");
  }

  private void tell(Path to, List<String> nodes) {
    if (target.json()) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("file", to.toString());
      json.put("tasks", tasks);
      json.put("outcomes", outcomes);
      json.put("stopped", stop);
      Target.print(json);
      return;
    }
    Screen.line(
        System.out, "%s: %d tasks without an outcome, %d outcomes".formatted(to, tasks, outcomes));
    if (stop) {
      Screen.line(System.out, String.join(", ", nodes) + " end now");
    }
  }
}
