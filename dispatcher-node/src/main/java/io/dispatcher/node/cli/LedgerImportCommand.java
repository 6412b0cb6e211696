package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.client.HttpTaskClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Brings what a cluster held into another one. */
@Command(
    name = "import",
    description = {
      "Brings the tasks and outcomes of FILE into a cluster, under their ids. What is there already"
          + " stays, unless the file has a higher attempt of it; to say it again changes nothing."
          + " The file is checked before anything is sent."
    },
    mixinStandardHelpOptions = true)
final class LedgerImportCommand implements Callable<Integer> {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MOST_BYTES = 1 << 20;
  private static final List<String> COUNTS = List.of("tasks", "outcomes", "there", "conflicts");

  @Mixin private Target target = new Target();

  @Parameters(paramLabel = "FILE", description = "as `ledger export` has written it")
  private @Nullable Path file;

  @Override
  public Integer call() {
    Path from = file;
    if (from == null || !Files.isReadable(from)) {
      throw target.usage(from + " is no file that can be read");
    }
    ObjectNode sums = JsonNodeFactory.instance.objectNode();
    COUNTS.forEach(count -> sums.put(count, 0));
    try {
      check(from);
      try (HttpTaskClient client = target.client(PATIENCE)) {
        send(from, client, sums);
      }
    } catch (IOException e) {
      throw new CommandFailed(
          CommandFailed.FAILED, "file", "nothing more was imported: " + e.getMessage(), e);
    }
    tell(sums);
    return 0;
  }

  private static void check(Path from) {
    try (LedgerFile.Reader reader = new LedgerFile.Reader(from)) {
      while (reader.next() != null) {
        // It is read to its end, where its checksum is.
      }
    } catch (IOException e) {
      throw new CommandFailed(
          CommandFailed.FAILED, "file", "nothing was imported: " + e.getMessage(), e);
    }
  }

  private static void send(Path from, HttpTaskClient client, ObjectNode sums) throws IOException {
    try (LedgerFile.Reader reader = new LedgerFile.Reader(from)) {
      ByteArrayOutputStream part = new ByteArrayOutputStream();
      for (byte[] record = reader.next(); record != null; record = reader.next()) {
        if (part.size() > 0 && part.size() + record.length > MOST_BYTES) {
          send(part, client, sums);
        }
        part.writeBytes(record);
      }
      if (part.size() > 0) {
        send(part, client, sums);
      }
    }
  }

  private static void send(ByteArrayOutputStream part, HttpTaskClient client, ObjectNode sums)
      throws IOException {
    JsonNode answer = MAPPER.readTree(TaskArgument.join(client.importRecords(part.toByteArray())));
    part.reset();
    for (String count : COUNTS) {
      sums.put(count, sums.path(count).asLong() + answer.path(count).asLong());
    }
  }

  private void tell(ObjectNode sums) {
    if (target.json()) {
      Target.print(sums);
      return;
    }
    Screen.line(
        System.out,
        "%d tasks and %d outcomes imported, %d were there already"
            .formatted(
                sums.path("tasks").asLong(),
                sums.path("outcomes").asLong(),
                sums.path("there").asLong()));
    long conflicts = sums.path("conflicts").asLong();
    if (conflicts > 0) {
      Screen.line(
          System.err,
          conflicts + " left out: their idempotency keys stand for other tasks in this cluster");
    }
  }
}
