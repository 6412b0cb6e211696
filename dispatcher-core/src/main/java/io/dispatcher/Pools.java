package io.dispatcher;

import java.lang.reflect.InvocationTargetException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes and ends the threads that run user code. */
final class Pools {

  /** The pool of a handler that names none. */
  static final String DEFAULT = "default";

  private static final int CALLBACK_THREADS = 2;
  private static final long KEEP_ALIVE_SECONDS = 30;

  private final Map<String, Pool> pools = new HashMap<>();
  private final java.util.List<ExecutorService> owned = new java.util.ArrayList<>();

  /** Slots of the default pool: twice the processors, at least 4. */
  static int defaultSlots(int processors) {
    return Math.max(4, 2 * processors);
  }

  Pool add(String name, int slots, Executor executor) {
    Pool pool = new Pool(name, slots, executor);
    pools.put(name, pool);
    return pool;
  }

  Pool addPlatform(String name, int slots) {
    // More threads than slots only replace those that a handler never gave back.
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            named("dispatcher-" + name));
    owned.add(executor);
    return add(name, slots, executor);
  }

  /** Virtual threads when the runtime has them, else platform threads. */
  Pool addVirtual(String name, int slots) {
    try {
      ExecutorService executor =
          (ExecutorService)
              Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
      owned.add(executor);
      return add(name, slots, executor);
    } catch (NoSuchMethodException before21) {
      return addPlatform(name, slots);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("pool " + name + ": virtual threads cannot be made", e);
    }
  }

  Pool get(String name) {
    Pool pool = pools.get(name);
    if (pool == null) {
      throw new IllegalArgumentException(
          "pool " + name + " is not configured; there are " + pools.keySet());
    }
    return pool;
  }

  Executor callbacks() {
    // Bounded by what is unfinished: one entry per block.
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            CALLBACK_THREADS,
            CALLBACK_THREADS,
            KEEP_ALIVE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named("dispatcher-callback"));
    executor.allowCoreThreadTimeOut(true);
    owned.add(executor);
    return executor;
  }

  private static ThreadFactory named(String prefix) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  void close() {
    owned.forEach(ExecutorService::shutdown);
  }
}
