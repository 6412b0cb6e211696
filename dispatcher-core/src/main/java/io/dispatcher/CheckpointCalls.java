package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.task.Codec;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.StaleAttempt;
import io.dispatcher.task.TaskLimits;
import io.dispatcher.task.TaskRefused;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints as handlers ask for them: encoded, decoded and waited for on their own threads,
 * written and read by {@link Checkpoints} on the worker's loop. Thread-safe.
 */
final class CheckpointCalls {

  private final Loop loop;
  private final Checkpoints checkpoints;
  private final Consumer<Runnable> callback;

  /**
   * @param callback runs what users hear of, off the loop; called on it
   */
  CheckpointCalls(Loop loop, Checkpoints checkpoints, Consumer<Runnable> callback) {
    this.loop = loop;
    this.checkpoints = checkpoints;
    this.callback = callback;
  }

  <T extends @Nullable Object> void save(Start start, Codec<T> codec, T value) {
    await(start, save(start, encoded(start, codec, value)));
  }

  <T extends @Nullable Object> CompletionStage<@Nullable Void> saveAsync(
      Start start, Codec<T> codec, T value) {
    return told(save(start, encoded(start, codec, value)), nothing -> null);
  }

  <T> Optional<T> last(Start start, Codec<T> codec) {
    return decoded(start, codec, await(start, last(start)));
  }

  <T> CompletionStage<Optional<T>> lastAsync(Start start, Codec<T> codec) {
    return told(last(start), bytes -> decoded(start, codec, bytes));
  }

  /** Completes on the loop: nobody else may hear of it there. */
  private CompletableFuture<Void> save(Start start, byte[] bytes) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    // A codec may hand over an array that the handler goes on to change.
    byte[] own = bytes.clone();
    loop.execute(() -> checkpoints.save(start, own, done));
    return done;
  }

  /** Completes on the loop: nobody else may hear of it there. */
  private CompletableFuture<byte @Nullable []> last(Start start) {
    CompletableFuture<byte @Nullable []> done = new CompletableFuture<>();
    loop.execute(() -> checkpoints.last(start, done));
    return done;
  }

  /** What completes on the loop, for others to hear of. */
  private <T extends @Nullable Object, R extends @Nullable Object> CompletionStage<R> told(
      CompletableFuture<T> done, Function<T, R> map) {
    CompletableFuture<R> told = new CompletableFuture<>();
    done.whenComplete(
        (value, error) ->
            callback.accept(
                () -> {
                  if (error != null) {
                    told.completeExceptionally(error);
                    return;
                  }
                  try {
                    told.complete(map.apply(value));
                  } catch (RuntimeException | Error malformed) {
                    told.completeExceptionally(malformed);
                  }
                }));
    return told.minimalCompletionStage();
  }

  private static <T extends @Nullable Object> byte[] encoded(Start start, Codec<T> codec, T value) {
    byte[] bytes;
    try {
      bytes = codec.encode(value);
    } catch (Exception e) {
      throw new DispatcherException(
          "the checkpoint of task " + start.id().text() + " cannot be encoded: " + e, e);
    }
    if (bytes.length > TaskLimits.MAX_VALUE_BYTES) {
      throw new TaskRefused(
          TaskRefused.Reason.TOO_LARGE,
          "the checkpoint of task "
              + start.id().text()
              + " has "
              + bytes.length
              + " bytes, at most "
              + TaskLimits.MAX_VALUE_BYTES
              + " are allowed; save a reference to it instead",
          null);
    }
    return bytes;
  }

  private static <T> Optional<T> decoded(Start start, Codec<T> codec, byte @Nullable [] bytes) {
    if (bytes == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(codec.decode(bytes.clone()));
    } catch (Exception e) {
      throw new DispatcherException(
          "the checkpoint of task " + start.id().text() + " cannot be decoded: " + e, e);
    }
  }

  private static <T extends @Nullable Object> T await(Start start, CompletableFuture<T> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StaleAttempt) {
        throw new StaleAttempt(start.id(), start.node(), start.attempt());
      }
      throw new DispatcherException(
          "the checkpoint of task " + start.id().text() + " was not recorded", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (start.cancelled()) {
        throw new StaleAttempt(start.id(), start.node(), start.attempt());
      }
      throw new DispatcherException(
          "interrupted while a checkpoint of task " + start.id().text() + " was recorded", e);
    }
  }
}
