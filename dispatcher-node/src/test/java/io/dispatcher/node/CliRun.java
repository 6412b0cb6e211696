package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a command in this process came to. */
record CliRun(int code, String out, String err) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** Runs it; with an address, against the node there. */
  static CliRun at(String url, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    if (url != null) {
      all.add("--url=" + url);
    }
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream seenOut = new ByteArrayOutputStream();
    ByteArrayOutputStream seenErr = new ByteArrayOutputStream();
    StringWriter told = new StringWriter();
    System.setOut(new PrintStream(seenOut, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(seenErr, true, StandardCharsets.UTF_8));
    try {
      int code =
          Main.commandLine().setErr(new PrintWriter(told)).execute(all.toArray(String[]::new));
      return new CliRun(
          code,
          seenOut.toString(StandardCharsets.UTF_8),
          seenErr.toString(StandardCharsets.UTF_8) + told);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** The one line of its output. */
  JsonNode json() throws IOException {
    assertEquals(1, out.lines().count(), out);
    return MAPPER.readTree(out);
  }
}
