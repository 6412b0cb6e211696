package io.dispatcher.node;

import static io.dispatcher.task.Codec.bytes;
import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.HandlerProvider;
import io.dispatcher.task.Handlers;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The tasks of {@link TaskClientContract}, the same on every node. */
public final class ContractHandlers implements HandlerProvider {

  static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());
  static final TaskType<byte[], byte[]> COPY = TaskType.of("copy", bytes(), bytes());

  /** Throws what it is given. */
  static final TaskType<String, String> FAIL = TaskType.of("fail", text(), text()).retries(0);

  /** Throws until this attempt. */
  static final TaskType<String, String> FLAKY =
      TaskType.of("flaky", text(), text()).backoff(Backoff.fixed(Duration.ofMillis(20)));

  /** Runs until it is cancelled. */
  static final TaskType<String, String> HOLD =
      TaskType.of("hold", text(), text()).timeLimit(ofSeconds(60));

  /** Returns more than a result may have. */
  static final TaskType<String, byte[]> GROW = TaskType.of("grow", text(), bytes()).retries(0);

  /** Works for so many milliseconds, and takes its process with it. */
  static final TaskType<String, String> HALT = TaskType.of("halt", text(), text());

  static final int HALTED = 77;

  @Override
  public void register(Handlers handlers) {
    handlers.handle(SHOUT, (words, ctx) -> words.toUpperCase());
    handlers.handle(
        HALT,
        (words, ctx) -> {
          Thread.sleep(Long.parseLong(words));
          Runtime.getRuntime().halt(HALTED);
          return words;
        });
    handlers.handle(COPY, (payload, ctx) -> payload);
    handlers.handle(
        FAIL,
        (words, ctx) -> {
          throw new IllegalStateException(words);
        });
    handlers.handle(
        FLAKY,
        (words, ctx) -> {
          if (ctx.attempt() < Integer.parseInt(words)) {
            throw new IllegalStateException("not yet");
          }
          return "attempt " + ctx.attempt();
        });
    handlers.handleAsync(
        HOLD,
        (words, ctx) -> {
          ctx.progress("holding " + words);
          return new CompletableFuture<>();
        });
    handlers.handle(GROW, (words, ctx) -> new byte[TaskLimits.MAX_VALUE_BYTES + 1]);
  }
}
