package io.dispatcher.node.http;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one stage per task completes with: the value, the error, or null while it is open. Stages
 * complete on any thread; what follows runs on the loop, once.
 */
final class Gathering<T> {
  private final Hop hop;
  private final AtomicReferenceArray<@Nullable Object> found;
  private final AtomicInteger open;

  Gathering(Hop hop, int size) {
    this.hop = hop;
    this.found = new AtomicReferenceArray<>(size);
    this.open = new AtomicInteger(size);
  }

  @Nullable Object get(int index) {
    return found.get(index);
  }

  /**
   * Waits for a stage of each source; a null one is left out.
   *
   * @param complete what follows
   */
  <S> void gather(
      List<@Nullable S> sources, Function<S, CompletionStage<T>> stage, Runnable complete) {
    if (sources.isEmpty()) {
      complete.run();
      return;
    }
    for (int i = 0; i < sources.size(); i++) {
      S source = sources.get(i);
      if (source == null) {
        closed(complete);
      } else {
        int index = i;
        stage
            .apply(source)
            .whenComplete(
                (value, error) -> {
                  found.set(index, value == null ? error : value);
                  closed(complete);
                });
      }
    }
  }

  private void closed(Runnable complete) {
    if (open.decrementAndGet() == 0) {
      hop.run(complete);
    }
  }
}
