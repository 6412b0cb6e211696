package io.dispatcher.balance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Workers that are whatever a test wants them to be. New ones are open and idle, with weight 1, 4
 * slots, no zone, sessions or latency. Set weights, zones and slots before a picker is made; loads,
 * sessions, latencies and open at any time.
 */
public final class FakeWorkers implements Workers {

  private static final class Worker {
    final String name;
    final long hash;
    double weight = 1;
    @Nullable String zone;
    int slots = 4;
    long load;
    long latency;
    long sessions;
    boolean open = true;

    Worker(String name) {
      this.name = name;
      this.hash = Balancers.hash(name);
    }
  }

  private final Worker[] workers;

  private FakeWorkers(Worker[] workers) {
    this.workers = workers;
  }

  private static FakeWorkers sorted(Stream<Worker> workers) {
    return new FakeWorkers(
        workers.sorted(Comparator.comparing(worker -> worker.name)).toArray(Worker[]::new));
  }

  public static FakeWorkers of(String... names) {
    return sorted(Arrays.stream(names).map(Worker::new));
  }

  /** In the order given, which is that of no front: for what must not depend on it. */
  public static FakeWorkers unsorted(String... names) {
    return new FakeWorkers(Arrays.stream(names).map(Worker::new).toArray(Worker[]::new));
  }

  /** Workers {@code w0000}, {@code w0001} … */
  public static FakeWorkers sized(int size) {
    String[] names = new String[size];
    Arrays.setAll(names, i -> String.format("w%04d", i));
    return of(names);
  }

  /** The next snapshot: these workers join, the others are the same as here. */
  public FakeWorkers with(String... names) {
    TreeMap<String, Worker> next = new TreeMap<>();
    for (Worker worker : workers) {
      next.put(worker.name, worker);
    }
    for (String name : names) {
      next.computeIfAbsent(name, Worker::new);
    }
    return sorted(next.values().stream());
  }

  /** The next snapshot: these workers have left, the others are the same as here. */
  public FakeWorkers without(String... names) {
    Set<String> gone = Set.of(names);
    return sorted(Arrays.stream(workers).filter(worker -> !gone.contains(worker.name)));
  }

  public FakeWorkers weight(int i, double weight) {
    workers[i].weight = weight;
    return this;
  }

  public FakeWorkers zone(int i, @Nullable String zone) {
    workers[i].zone = zone;
    return this;
  }

  public FakeWorkers slots(int i, int slots) {
    workers[i].slots = slots;
    return this;
  }

  public FakeWorkers load(int i, long load) {
    workers[i].load = load;
    return this;
  }

  public FakeWorkers sessions(int i, long sessions) {
    workers[i].sessions = sessions;
    return this;
  }

  public FakeWorkers latency(int i, long nanos) {
    workers[i].latency = nanos;
    return this;
  }

  public FakeWorkers open(int i, boolean open) {
    workers[i].open = open;
    return this;
  }

  /** Closes every worker but these. */
  public FakeWorkers onlyOpen(int... open) {
    for (Worker worker : workers) {
      worker.open = false;
    }
    for (int i : open) {
      workers[i].open = true;
    }
    return this;
  }

  public int index(String name) {
    for (int i = 0; i < workers.length; i++) {
      if (workers[i].name.equals(name)) {
        return i;
      }
    }
    throw new IllegalArgumentException(name);
  }

  @Override
  public int size() {
    return workers.length;
  }

  @Override
  public String name(int i) {
    return workers[i].name;
  }

  @Override
  public long nameHash(int i) {
    return workers[i].hash;
  }

  @Override
  public double weight(int i) {
    return workers[i].weight;
  }

  @Override
  public @Nullable String zone(int i) {
    return workers[i].zone;
  }

  @Override
  public int slots(int i) {
    return workers[i].slots;
  }

  @Override
  public long load(int i) {
    return workers[i].load;
  }

  @Override
  public boolean open(int i) {
    return workers[i].open;
  }

  @Override
  public long sessions(int i) {
    return workers[i].sessions;
  }

  @Override
  public long latencyNanos(int i) {
    return workers[i].latency;
  }
}
