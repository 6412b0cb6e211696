package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.sim.Sabotage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/**
 * {@link SimulationTest} over many more seeds: {@code -Dsim.seeds} of them (default 100,000) from
 * {@code -Dsim.from} (default 1), or as many of these as fit into {@code -Dsim.seconds}. All
 * failing seeds are told, not only the first.
 */
class SimulationSoak {
  private static final long FROM = Long.getLong("sim.from", 1);
  private static final long SEEDS = Long.getLong("sim.seeds", 100_000);
  private static final long SECONDS = Long.getLong("sim.seconds", TimeUnit.HOURS.toSeconds(6));
  private static final int THREADS = Runtime.getRuntime().availableProcessors();
  private static final long TELL_EVERY = 10_000;

  private final AtomicLong next = new AtomicLong(FROM);
  private final AtomicLong done = new AtomicLong();
  private final AtomicInteger voids = new AtomicInteger();
  private final ConcurrentSkipListMap<Long, String> failed = new ConcurrentSkipListMap<>();

  @Test
  void every_accepted_task_has_one_outcome() throws Exception {
    // Kept, or it is collected with its level: a million warnings are no news.
    Logger log = Logger.getLogger("io.dispatcher");
    log.setLevel(Level.OFF);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        parts.add(threads.submit(() -> run(end)));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } finally {
      threads.shutdownNow();
    }
    log.setLevel(null);
    System.out.printf(
        "%,d seeds from %,d: %d failed %s, %d void%n",
        done.get(), FROM, failed.size(), failed.keySet(), voids.get());
    assertEquals("", String.join("\n\n", failed.values()));
    assertTrue(voids.get() <= done.get() / 10, voids + " of " + done + " runs are void");
  }

  private void run(long end) {
    for (long seed = next.getAndIncrement();
        seed < FROM + SEEDS && System.nanoTime() < end;
        seed = next.getAndIncrement()) {
      SimulationRun run = new SimulationRun(seed, Sabotage.NONE).run();
      if (run.failed()) {
        failed.put(seed, "seed " + seed + ": " + run.checker().violations());
        System.out.println("seed " + seed + " failed: " + run.checker().violations());
      } else if (run.isVoid()) {
        voids.incrementAndGet();
      }
      long count = done.incrementAndGet();
      if (count % TELL_EVERY == 0) {
        System.out.printf("%,d seeds done, %d failed%n", count, failed.size());
      }
    }
  }
}
