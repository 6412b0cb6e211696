package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.node.config.Quantity;
import io.dispatcher.task.Codec;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.Handlers;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskType;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The handlers that every worker has: to try things out, and to test a cluster with. */
final class BuiltIns {

  static final List<String> NAMES = List.of("echo", "sleep", "digest");

  private BuiltIns() {}

  static void register(
      String name, TaskType<byte[], byte[]> type, Handlers handlers, HandlerOptions options) {
    switch (name) {
      case "echo" -> handlers.handle(type, (payload, context) -> payload, options);
      case "digest" -> handlers.handle(type, (payload, context) -> digest(payload), options);
      case "sleep" ->
          handlers.handleAsync(
              type, BuiltIns::sleep, options.noRetry(IllegalArgumentException.class));
      default -> throw new IllegalArgumentException("no handler " + name + " is built in");
    }
  }

  /** SHA-256 of the payload, in hexadecimal digits. */
  private static byte[] digest(byte[] payload) throws NoSuchAlgorithmException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(payload);
    return HexFormat.of().formatHex(digest).getBytes(UTF_8);
  }

  /** Waits as long as the payload says, such as {@code 2s}, and returns that; holds no thread. */
  private static CompletionStage<byte[]> sleep(byte[] payload, TaskContext context)
      throws Exception {
    Duration wait = Quantity.duration(Codec.text().decode(payload).strip());
    CompletableFuture<byte[]> awake = new CompletableFuture<>();
    context.cancellation().thenRun(() -> awake.cancel(false));
    return awake.completeOnTimeout(payload, wait.toNanos(), TimeUnit.NANOSECONDS);
  }
}
