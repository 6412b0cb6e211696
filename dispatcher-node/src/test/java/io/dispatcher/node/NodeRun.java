package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/** The real jar with the command {@code node}, as its own process. */
final class NodeRun implements AutoCloseable {
  private static final Pattern ADDRESS = Pattern.compile("http://[0-9.]+:[0-9]+");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Path out;
  private final Path err;
  private final Process process;
  private final List<ProcessHandle> children = new ArrayList<>();

  /** Starts in a directory of its own, whose files it reads and in which it runs. */
  NodeRun(Path directory, String... arguments) throws IOException {
    this(directory, TestJvm.command("-Xmx256m"), arguments);
  }

  NodeRun(Path directory, List<String> java, String... arguments) throws IOException {
    out = directory.resolve("out");
    err = directory.resolve("err");
    List<String> command = new ArrayList<>(java);
    command.add("node");
    command.addAll(List.of(arguments));
    process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
  }

  /** Waits until it has said where so many doors are. */
  List<String> awaitAddresses(int count) {
    await("addresses of " + count + " doors")
        .atMost(Duration.ofSeconds(90))
        .until(() -> addresses().size() == count || !process.isAlive());
    if (addresses().size() != count) {
      throw new AssertionError("ended before it was up: " + this);
    }
    process.descendants().forEach(children::add);
    return addresses();
  }

  String awaitAddress() {
    return awaitAddresses(1).get(0);
  }

  private List<String> addresses() {
    return ADDRESS.matcher(stdout()).results().map(match -> match.group()).toList();
  }

  List<ProcessHandle> children() {
    return children;
  }

  void awaitNoChild() {
    await("end of all children")
        .atMost(Duration.ofSeconds(40))
        .until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(90, SECONDS)) {
      throw new AssertionError("still running: " + this);
    }
    return process.exitValue();
  }

  static CompletableFuture<HttpResponse<String>> post(String address, String path, String body) {
    return CLIENT.sendAsync(
        HttpRequest.newBuilder(URI.create(address + path))
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  static HttpResponse<String> get(String address, String path)
      throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(address + path)).build(), BodyHandlers.ofString());
  }

  String stdout() {
    return read(out);
  }

  String stderr() {
    return read(err);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(children::add);
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    process.onExit().join();
  }

  @Override
  public String toString() {
    return "stdout:\n" + stdout() + "\nstderr:\n" + stderr();
  }
}
