package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The end of a node: it drains, waits for its turn to leave, and leaves the cluster. Thread-safe;
 * the caller is blocked meanwhile.
 */
final class Closing {

  /** How long what runs may go on, where nobody says otherwise. */
  static final Duration WAIT = Duration.ofSeconds(25);

  private static final Logger LOG = System.getLogger("io.dispatcher");

  /** A drain ends this much after its time at the latest. */
  private static final long PAST = TimeUnit.SECONDS.toNanos(4);

  /** For what takes a turn of a loop. */
  private static final long END_WAIT = TimeUnit.SECONDS.toNanos(5);

  private final Cluster cluster;
  private final Loop loop;
  private final Gate gate;
  private final Drain drain;
  private final Supplier<@Nullable Front> front;
  private final @Nullable Worker worker;
  private final Pools pools;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param loop the front's
   * @param front that of the peer that this node is now
   */
  Closing(
      Cluster cluster,
      Loop loop,
      Gate gate,
      Drain drain,
      Supplier<@Nullable Front> front,
      @Nullable Worker worker,
      Pools pools) {
    this.cluster = cluster;
    this.loop = loop;
    this.gate = gate;
    this.drain = drain;
    this.front = front;
    this.worker = worker;
    this.pools = pools;
  }

  /** Whether the node is closed or has ended by itself. */
  boolean closed() {
    return closed.get();
  }

  /** The node has ended by itself; false if it is closed already. */
  boolean ended() {
    return closed.compareAndSet(false, true);
  }

  /** Drains for so long at most, and leaves; zero ends at once. A second call does nothing. */
  void close(Duration wait) {
    if (closed.get() || !begun.compareAndSet(false, true)) {
      return;
    }
    gate.leave(Drain.ELSEWHERE);
    // An interrupt ends the wait, not the end itself: open handles have to hear of it.
    boolean interrupted = Thread.interrupted();
    long nanos = interrupted ? 0 : wait.toNanos();
    if (nanos > 0) {
      long since = loop.now();
      interrupted |=
          await(
              then -> drain.within(nanos).thenAccept(drained -> left(drained, then)), nanos + PAST);
      long left = interrupted ? 0 : nanos - (loop.now() - since);
      Front leaving = front.get();
      if (leaving != null && left > 0) {
        interrupted |= await(leaving::awaitTurn, left);
      }
    }
    gate.leave("closed: submit through another node");
    if (closed.compareAndSet(false, true)) {
      interrupted |= end();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the thread was interrupted. */
  private boolean end() {
    boolean interrupted = false;
    Front last = front.get();
    if (last != null) {
      interrupted = await(last::close, END_WAIT);
    }
    if (worker != null) {
      interrupted |= await(worker::close, END_WAIT);
    }
    pools.close();
    cluster.close();
    return interrupted;
  }

  private void left(Drained drained, Runnable then) {
    String node = cluster.membership().self().peer().node();
    if (drained.handedOver() > 0) {
      LOG.log(
          Level.INFO,
          "node {0} leaves; other nodes took over {1} tasks",
          node,
          drained.handedOver());
    }
    if (drained.left() > 0) {
      LOG.log(
          Level.WARNING,
          "node {0} leaves, and no store node takes over the {1} accepted tasks without an outcome"
              + " that it owns; they end with the last node of the cluster",
          node,
          drained.left());
    }
    then.run();
  }

  /** Whether the thread was interrupted; its flag is clear then. */
  private static boolean await(Consumer<Runnable> call, long nanos) {
    CountDownLatch done = new CountDownLatch(1);
    call.accept(done::countDown);
    try {
      boolean inTime = done.await(nanos, TimeUnit.NANOSECONDS);
      if (!inTime) {
        LOG.log(Level.INFO, "closing: work is left over after the wait");
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }
}
