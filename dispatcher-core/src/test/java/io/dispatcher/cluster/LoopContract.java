package io.dispatcher.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** What every loop in real time must do. */
public final class LoopContract {

  private static final int THREADS = 4;
  private static final int TURNS = 20_000;

  /** Timers that are closer than this may run in any order. */
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(1);

  private LoopContract() {}

  public static void check(Function<String, Loop> loops) throws Exception {
    turnsRunOneAtATimeInTheOrderOfEachThread(loops.apply("order"));
    nothingRunsInsideItsCaller(loops.apply("frames"));
    timersRunInTheOrderOfTheirTimes(loops.apply("timers"));
    aTimerIsNotEarly(loops.apply("early"));
    cancelledTimersDoNotRun(loops.apply("cancel"));
    aBusyLoopSaysSo(loops.apply("busy"));
    long first = onLoop(loops.apply("seed-1"), loop -> loop.random().nextLong());
    long second = onLoop(loops.apply("seed-2"), loop -> loop.random().nextLong());
    assertNotEquals(first, second);
  }

  private static void turnsRunOneAtATimeInTheOrderOfEachThread(Loop loop) throws Exception {
    int[] next = new int[THREADS];
    int[] sum = new int[1];
    AtomicBoolean disorder = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int thread = t;
      Thread poster =
          new Thread(
              () -> {
                for (int i = 0; i < TURNS; i++) {
                  int number = i;
                  loop.execute(
                      () -> {
                        sum[0]++;
                        if (next[thread]++ != number) {
                          disorder.set(true);
                        }
                      });
                }
              });
      poster.start();
      threads.add(poster);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    int ran = onLoop(loop, l -> sum[0]);
    assertEquals(THREADS * TURNS, ran);
    assertFalse(disorder.get());
  }

  private static void aBusyLoopSaysSo(Loop loop) throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean timer = new AtomicBoolean();
    loop.execute(
        () -> {
          loop.after(1_000_000, () -> timer.set(true));
          busy.countDown();
          awaitQuietly(go);
        });
    busy.await();
    loop.execute(() -> {});
    loop.execute(() -> {});
    await().until(() -> loop.load().oldestSeconds() > 0.15);
    assertEquals(2, loop.load().depth());
    go.countDown();
    await().untilTrue(timer);
    await().until(() -> loop.load().depth() == 0 && loop.load().oldestSeconds() == 0);
    assertTrue(loop.load().longestSeconds() > 0.15, () -> loop.load().toString());
    assertTrue(loop.load().lateWakeUps() >= 1, () -> loop.load().toString());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void nothingRunsInsideItsCaller(Loop loop) throws Exception {
    List<String> log = new ArrayList<>();
    onLoop(
        loop,
        l -> {
          l.execute(() -> log.add("execute"));
          l.after(0, () -> log.add("after 0"));
          l.after(-5, () -> log.add("after -5"));
          log.add("caller");
          return log;
        });
    assertEquals(
        List.of("caller", "execute", "after 0", "after -5"), onLoop(loop, l -> List.copyOf(log)));
  }

  /** When a timer may be due: its thread may have been held up while it was set. */
  private record Due(long earliest, long latest) {
    static Due of(int millis, long before, long after) {
      long delay = TimeUnit.MILLISECONDS.toNanos(millis);
      return new Due(before + delay, after + delay);
    }

    boolean certainlyBefore(Due other) {
      return other.earliest - latest > TICK;
    }
  }

  private static void timersRunInTheOrderOfTheirTimes(Loop loop) {
    Map<Integer, Due> dues = new ConcurrentHashMap<>();
    ConcurrentLinkedQueue<Integer> fired = new ConcurrentLinkedQueue<>();
    // From another thread and from the loop.
    long set = loop.now();
    loop.after(TimeUnit.MILLISECONDS.toNanos(500), () -> fired.add(500));
    loop.execute(
        () -> {
          dues.put(500, Due.of(500, set, loop.now()));
          for (int millis : new int[] {40, 5, 20}) {
            long before = loop.now();
            loop.after(TimeUnit.MILLISECONDS.toNanos(millis), () -> fired.add(millis));
            dues.put(millis, Due.of(millis, before, loop.now()));
          }
        });
    await().until(() -> fired.size() == 4);
    List<Integer> order = List.copyOf(fired);
    for (int later = 1; later < order.size(); later++) {
      Due second = dues.get(order.get(later));
      for (int first : order.subList(0, later)) {
        assertFalse(second.certainlyBefore(dues.get(first)), () -> order + " of " + dues);
      }
    }
  }

  private static void aTimerIsNotEarly(Loop loop) throws Exception {
    CompletableFuture<Long> took = new CompletableFuture<>();
    long start = System.nanoTime();
    loop.after(3_300_000, () -> took.complete(System.nanoTime() - start));
    assertTrue(took.get(10, TimeUnit.SECONDS) >= 3_300_000);
  }

  private static void cancelledTimersDoNotRun(Loop loop) throws Exception {
    ConcurrentLinkedQueue<String> fired = new ConcurrentLinkedQueue<>();
    CompletableFuture<Loop.Timer> begun = new CompletableFuture<>();
    CountDownLatch go = new CountDownLatch(1);
    // Held up, so that nothing is due before it is cancelled.
    loop.execute(
        () -> {
          begun.complete(
              loop.after(TimeUnit.MILLISECONDS.toNanos(5), () -> fired.add("from inside")));
          awaitQuietly(go);
        });
    Loop.Timer inside = begun.get(20, TimeUnit.SECONDS);
    Loop.Timer outside = loop.after(TimeUnit.MILLISECONDS.toNanos(30), () -> fired.add("outside"));
    inside.cancel();
    outside.cancel();
    go.countDown();
    onLoop(
        loop,
        l -> {
          Loop.Timer atOnce = l.after(0, () -> fired.add("at once"));
          Loop.Timer later = l.after(TimeUnit.MILLISECONDS.toNanos(5), () -> fired.add("later"));
          atOnce.cancel();
          later.cancel();
          later.cancel();
          return "";
        });
    loop.after(TimeUnit.MILLISECONDS.toNanos(40), () -> fired.add("last"));
    await().untilAsserted(() -> assertEquals(List.of("last"), List.copyOf(fired)));
  }

  private static <T> T onLoop(Loop loop, Function<Loop, T> turn) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.execute(() -> result.complete(turn.apply(loop)));
    return result.get(20, TimeUnit.SECONDS);
  }
}
