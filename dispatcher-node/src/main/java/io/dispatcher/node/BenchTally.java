package io.dispatcher.node;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Counts the results of one round. Thread-safe. */
final class BenchTally {
  private final BenchWork work;
  private final LongAdder[] byNode;
  private final LongAdder failed = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  private final AtomicReference<@Nullable String> firstError = new AtomicReference<>();

  BenchTally(BenchWork work, int nodes) {
    this.work = work;
    byNode = Stream.generate(LongAdder::new).limit(nodes).toArray(LongAdder[]::new);
  }

  void add(byte[] payload, byte @Nullable [] result, @Nullable Throwable error) {
    if (error != null || result == null) {
      failed.increment();
      firstError.compareAndSet(null, String.valueOf(error));
      return;
    }
    int node = work.nodeIfRight(payload, result);
    if (node < 0 || node >= byNode.length) {
      wrong.increment();
    } else {
      byNode[node].increment();
    }
  }

  Counts counts() {
    long[] nodes = IntStream.range(0, byNode.length).mapToLong(i -> byNode[i].sum()).toArray();
    return new Counts(nodes, failed.sum(), wrong.sum(), firstError.get());
  }

  /**
   * What became of the tasks.
   *
   * @param byNode right results by the node that ran the task; the first submitted it
   */
  record Counts(long[] byNode, long failed, long wrong, @Nullable String firstError) {
    /** These, and what went wrong there. */
    Counts withFaultsOf(Counts other) {
      return new Counts(
          byNode,
          failed + other.failed,
          wrong + other.wrong,
          firstError == null ? other.firstError : firstError);
    }

    long right() {
      return Arrays.stream(byNode).sum();
    }
  }
}
