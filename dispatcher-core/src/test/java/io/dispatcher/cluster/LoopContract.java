package io.dispatcher.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** What every loop in real time must do. */
public final class LoopContract {

  private static final int THREADS = 4;
  private static final int TURNS = 20_000;

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

  private static void timersRunInTheOrderOfTheirTimes(Loop loop) {
    ConcurrentLinkedQueue<Integer> fired = new ConcurrentLinkedQueue<>();
    // From another thread and from the loop.
    loop.after(TimeUnit.MILLISECONDS.toNanos(500), () -> fired.add(500));
    loop.execute(
        () -> {
          for (int millis : new int[] {40, 5, 20}) {
            loop.after(TimeUnit.MILLISECONDS.toNanos(millis), () -> fired.add(millis));
          }
        });
    await().untilAsserted(() -> assertEquals(List.of(5, 20, 40, 500), List.copyOf(fired)));
  }

  private static void aTimerIsNotEarly(Loop loop) throws Exception {
    CompletableFuture<Long> took = new CompletableFuture<>();
    long start = System.nanoTime();
    loop.after(3_300_000, () -> took.complete(System.nanoTime() - start));
    assertTrue(took.get(10, TimeUnit.SECONDS) >= 3_300_000);
  }

  private static void cancelledTimersDoNotRun(Loop loop) throws Exception {
    ConcurrentLinkedQueue<String> fired = new ConcurrentLinkedQueue<>();
    Loop.Timer outside = loop.after(TimeUnit.MILLISECONDS.toNanos(30), () -> fired.add("outside"));
    outside.cancel();
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
