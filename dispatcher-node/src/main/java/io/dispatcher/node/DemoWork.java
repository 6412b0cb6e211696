package io.dispatcher.node;

import static io.dispatcher.json.JsonCodec.json;

import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The work of one demo task: reads a file and says what is in it. */
final class DemoWork {
  static final TaskType<Job, Summary> TYPE =
      TaskType.of("summary", json(Job.class), json(Summary.class));

  private static final int CPU_MILLIS = 20;
  private static final int WARM_UP = 400_000;
  private static final int SAMPLE = 200_000;

  private DemoWork() {}

  /**
   * A file in one round of the demo.
   *
   * @param iterations how often the checksum is hashed again
   */
  record Job(String file, int round, int iterations) {}

  /** What is in the file. */
  record Summary(String sha256, long lines, long words, long bytes) {}

  static Summary run(Job job) throws IOException {
    byte[] content = Files.readAllBytes(Path.of(job.file()));
    long lines = 0;
    long words = 0;
    boolean inWord = false;
    for (byte each : content) {
      lines += each == '\n' ? 1 : 0;
      boolean space = each == ' ' || (each >= '\t' && each <= '\r');
      words += !space && !inWord ? 1 : 0;
      inWord = !space;
    }
    String sha256 = HexFormat.of().formatHex(hash(content, job.iterations()));
    return new Summary(sha256, lines, words, content.length);
  }

  /** The number of iterations that takes this machine about 20 ms of processor time. */
  static int calibrate() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    hash(new byte[0], WARM_UP);
    long before = threads.getCurrentThreadCpuTime();
    hash(new byte[0], SAMPLE);
    double millis = Math.max(1, threads.getCurrentThreadCpuTime() - before) / 1e6;
    return (int) Math.max(1, SAMPLE * CPU_MILLIS / millis);
  }

  private static byte[] hash(byte[] content, int iterations) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] hash = sha256.digest(content);
      for (int i = 0; i < iterations; i++) {
        hash = sha256.digest(hash);
      }
      return hash;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
