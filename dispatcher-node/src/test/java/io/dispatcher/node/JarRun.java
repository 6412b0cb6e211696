package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One run of the real jar. */
final class JarRun implements AutoCloseable {
  private static final long LIMIT_SECONDS = 540;

  private final Path out;
  private final Path err;
  private final Process process;
  private List<ProcessHandle> children = List.of();

  JarRun(Path directory, String... arguments) throws IOException {
    out = directory.resolve("out");
    err = directory.resolve("err");
    List<String> command = TestJvm.command("-Xmx256m");
    command.addAll(List.of(arguments));
    process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
  }

  /** Waits until the run has started its nodes. */
  JarRun awaitChildren(int count) {
    await("node processes: " + count)
        .atMost(Duration.ofSeconds(60))
        .until(() -> seeChildren() == count);
    return this;
  }

  /** Waits until stdout has a match, and returns it. */
  MatchResult awaitSaid(Pattern text) {
    await("in stdout: " + text)
        .atMost(Duration.ofSeconds(90))
        .until(() -> !process.isAlive() || text.matcher(stdout()).find());
    Matcher found = text.matcher(assertDoesNotThrow(this::stdout));
    assertTrue(found.find(), this::toString);
    children = process.descendants().toList();
    return found.toMatchResult();
  }

  private int seeChildren() {
    children = process.descendants().toList();
    return children.size();
  }

  /** Waits for the end of the run and returns its exit code. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, SECONDS)) {
      throw new AssertionError("still running after " + LIMIT_SECONDS + " s: " + this);
    }
    return process.exitValue();
  }

  /** SIGTERM. */
  void terminate() {
    seeChildren();
    process.destroy();
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  void kill() {
    process.destroyForcibly();
  }

  /** Waits until none of the nodes that were seen is alive. */
  void awaitNoChild() {
    await("end of all node processes")
        .atMost(Duration.ofSeconds(20))
        .until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  boolean anyChildAlive() {
    return children.stream().anyMatch(ProcessHandle::isAlive);
  }

  String stdout() throws IOException {
    return Files.readString(out, UTF_8);
  }

  String stderr() throws IOException {
    return Files.readString(err, UTF_8);
  }

  /** Stdout, which must be one JSON object. */
  JsonNode json() throws IOException {
    return JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build()
        .readTree(stdout());
  }

  static Set<String> keys(JsonNode json) {
    Set<String> keys = new TreeSet<>();
    json.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    try {
      return stdout() + Files.readString(err, UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
