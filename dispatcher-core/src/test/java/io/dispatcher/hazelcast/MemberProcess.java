package io.dispatcher.hazelcast;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One store member as a process of its own; ends when its input does. */
final class MemberProcess {

  private static final String READY = "ready";

  private MemberProcess() {}

  /** Waits until the cluster has accepted it; a cluster of its own, if there is no other member. */
  static void awaitReady(Process process) throws Exception {
    BufferedReader said = process.inputReader();
    String line =
        CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return said.readLine();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
            .get(60, TimeUnit.SECONDS);
    if (!READY.equals(line)) {
      throw new IllegalStateException("the member said: " + line);
    }
  }

  /** Arguments: cluster, node name, port, size, seconds of detection, members with commas. */
  public static void main(String[] args) throws IOException {
    HazelcastNode node =
        HazelcastNode.start(
            HazelcastSettings.builder(args[0], args[1])
                .port(Integer.parseInt(args[2]))
                .size(Integer.parseInt(args[3]))
                .detection(Duration.ofSeconds(Integer.parseInt(args[4])))
                .members(List.of(args[5].split(",")))
                .build());
    System.out.println(READY);
    while (System.in.read() >= 0) {
      // Until the parent is gone.
    }
    node.terminate();
    Runtime.getRuntime().halt(0);
  }

  static Process start(
      String cluster, String name, int port, int size, int detection, List<String> members)
      throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx192m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            MemberProcess.class.getName(),
            cluster,
            name,
            Integer.toString(port),
            Integer.toString(size),
            Integer.toString(detection),
            String.join(",", members))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
