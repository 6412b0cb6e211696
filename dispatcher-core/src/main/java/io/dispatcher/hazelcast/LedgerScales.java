package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.serialization.Data;
import io.dispatcher.ledger.Ledger.Usage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Weighs what lies of the ledger on this member, again and again on a thread of its own, which
 * rests fifty times as long as it took. Thread-safe.
 */
final class LedgerScales implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LedgerScales.class);

  /** The share of the heap that ledger data may fill: the rest is for running, and for adoption. */
  private static final double HEAP_SHARE = 0.45;

  private static final double MOST_LOCAL_SHARE = 1.5;

  /** Below this it does not matter how the data is spread. */
  private static final long SMALL = 16L << 20;

  private static final long PAUSE_MILLIS = 250;

  /** While next to nothing is here: as often as it is reported. */
  private static final long IDLE_PAUSE_MILLIS = 500;

  private static final double NEXT_TO_NOTHING = 0.01;
  private static final long PAUSE_FACTOR = 50;

  private final HazelcastInstance instance;
  private final LedgerHost host;
  private final HazelcastMembership membership;
  private final long limit = (long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE);
  private final Thread thread = new Thread(this::run, "dispatcher-ledger-usage");
  private volatile Usage usage = new Usage(0, limit);
  private volatile boolean preferLocal = true;
  private volatile boolean closed;

  LedgerScales(HazelcastInstance instance, LedgerHost host, HazelcastMembership membership) {
    this.instance = instance;
    this.host = host;
    this.membership = membership;
    thread.setDaemon(true);
    thread.start();
  }

  Usage usage() {
    return usage;
  }

  /** Whether this member has no more primary records than others, so that new ones may be here. */
  boolean preferLocal() {
    return preferLocal;
  }

  private void run() {
    while (!closed) {
      long start = System.nanoTime();
      try {
        weigh();
      } catch (RuntimeException failed) {
        if (closed || !instance.getLifecycleService().isRunning()) {
          return;
        }
        log.debug("Weighing the ledger failed; trying again", failed);
      }
      long took = System.nanoTime() - start;
      try {
        long millis = usage.bytes() < NEXT_TO_NOTHING * limit ? IDLE_PAUSE_MILLIS : PAUSE_MILLIS;
        TimeUnit.NANOSECONDS.sleep(
            Math.max(TimeUnit.MILLISECONDS.toNanos(millis), took * PAUSE_FACTOR));
      } catch (InterruptedException interrupted) {
        return;
      }
    }
  }

  private void weigh() {
    long[] bytes = new long[2];
    host.eachPartition(
        (records, local) -> {
          Weight weight = new Weight();
          records.forEach((key, record) -> weight.add(record.getValue()), true, true, true);
          bytes[local ? 0 : 1] += weight.bytes;
        });
    long primary = bytes[0];
    long backup = bytes[1];
    usage = new Usage(primary + backup, limit);
    preferLocal = primary <= Math.max(SMALL, MOST_LOCAL_SHARE * mean(primary, backup));
  }

  /** Each other node's primaries have their copies spread evenly over the rest, so over us too. */
  private double mean(long primary, long backup) {
    int stores = Math.max(1, membership.roster().stores());
    if (stores == 1 || host.backups() == 0) {
      return primary;
    }
    int copies = Math.min(host.backups(), stores - 1);
    return (primary + (double) backup * (stores - 1) / copies) / stores;
  }

  private static final class Weight {
    private long bytes;

    void add(@Nullable Object value) {
      bytes +=
          value instanceof Held held
              ? held.weight()
              : value instanceof Data data ? data.totalSize() : 0;
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
