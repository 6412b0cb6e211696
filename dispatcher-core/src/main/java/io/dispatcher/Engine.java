package io.dispatcher;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.DispatcherClosed;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The front, the worker and what they share on this node: starts them, renews them when the node
 * becomes another peer, and hears when it ends by itself. Thread-safe.
 */
final class Engine {

  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final Cluster cluster;
  private final Member self;
  private final Loop frontLoop;
  private volatile @Nullable Front front;
  private final @Nullable Worker worker;
  private final Supplier<Front> fronts;
  private final Pools pools;
  private final Meters meters;
  private final Unanswered unanswered = new Unanswered();
  private final Gate gate;
  private final Types types;
  private final Executor callbacks;
  private final Drain drain;
  private final Closing closing;
  private final @Nullable Runnable drainAsked;

  private Engine(Setup setup, Cluster cluster) {
    this.cluster = cluster;
    this.self = cluster.membership().self();
    this.pools = setup.pools;
    this.meters = new Meters();
    this.frontLoop = cluster.loop("front");
    this.gate = new Gate(cluster::membership, frontLoop);
    this.types = setup.types();
    this.callbacks = setup.callbacks == null ? pools.callbacks() : setup.callbacks;
    this.fronts =
        () ->
            new Front(
                cluster,
                frontLoop,
                setup.limits,
                types,
                gate,
                callbacks,
                setup.listener,
                meters,
                unanswered,
                this::askedToDrain);
    this.front = Front.drives(self) ? fronts.get() : null;
    Map<String, Registration<?, ?>> registered = setup.registrations();
    if (!self.is(Role.WORKER) && !registered.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "node {0} has no role worker and will not run its handlers of {1}: add the role, or leave"
              + " the handlers out",
          node(),
          new TreeSet<>(registered.keySet()));
    }
    this.worker =
        self.is(Role.WORKER) || self.is(Role.STORE)
            ? new Worker(
                cluster,
                cluster.loop("worker"),
                self.is(Role.WORKER) ? registered : Map.of(),
                callbacks,
                setup.listener,
                setup.scope,
                meters,
                this::askedToDrain,
                this::leaking,
                setup.weight(),
                setup.measured)
            : null;
    this.drain = new Drain(frontLoop, gate, () -> front, worker);
    this.closing = new Closing(cluster, frontLoop, gate, drain, () -> front, worker, pools);
    this.drainAsked = setup.drainAsked;
  }

  /** Makes a node and starts it. The cluster is closed if that fails. */
  static Engine start(Setup setup) {
    Cluster cluster = setup.join();
    try {
      Engine engine = new Engine(setup, cluster);
      engine.run();
      return engine;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private void run() {
    cluster.onEnd(this::ended);
    cluster.onRejoin(this::rejoined);
    Front first = front;
    // The front first: what the worker offers it must find somebody who listens.
    if (first != null) {
      first.start();
    }
    if (worker != null) {
      worker.start();
    }
  }

  /** The node is another peer from now on: so are its front and its worker. */
  private void rejoined(Runnable done) {
    meters.rejoined.increment();
    gate.listen(frontLoop);
    frontLoop.execute(
        () -> {
          Front old = front;
          if (old != null && !closed()) {
            Front heir = fronts.get();
            front = heir;
            heir.start();
            old.handOver(heir);
            drain.rejoined();
          }
          if (worker != null) {
            worker.rejoined(done);
          } else {
            done.run();
          }
        });
  }

  /** The node has ended by itself: whoever waits for it is told, and submits are refused. */
  private void ended(Throwable error) {
    if (closing.ended()) {
      gate.leave("it has ended: " + error.getMessage());
      Front last = front;
      if (last != null) {
        last.ended(
            new DispatcherClosed(
                "dispatcher "
                    + node()
                    + " has ended: "
                    + error.getMessage()
                    + "; attach to the task elsewhere"));
      }
      drain.abandon();
      pools.close();
    }
  }

  /** Handlers keep threads for good: this node leaves off. On the worker's loop. */
  private void leaking() {
    gate.leaveFor(
        "handlers keep threads and ignore that they are stopped: restart it", Drain.ELSEWHERE);
    drain.begin();
  }

  private void askedToDrain(boolean stay) {
    Runnable own = drainAsked;
    if (stay) {
      drain.toStay(Closing.WAIT.toNanos());
    } else if (own == null) {
      drain(Closing.WAIT);
    } else {
      own.run();
    }
  }

  /** As {@link Dispatcher#drain(Duration)}. */
  CompletionStage<Drained> drain(Duration wait) {
    return drain.within(wait.toNanos()).thenApplyAsync(drained -> drained, callbacks);
  }

  /** As {@link Dispatcher#close(Duration)}. */
  void close(Duration wait) {
    closing.close(wait);
  }

  /** Whether it has ended, or was closed. */
  boolean closed() {
    return closing.closed();
  }

  /** The name of this node. */
  String node() {
    return self.peer().node();
  }

  /** That of the peer that this node is now; null on a node without the role. */
  @Nullable Front front() {
    return self.is(Role.FRONT) ? front : null;
  }

  /** The same, and that of a store node, which drives tasks but takes none in. */
  @Nullable Front driver() {
    return front;
  }

  /** What callers have asked the front. */
  Unanswered unanswered() {
    return unanswered;
  }

  Types types() {
    return types;
  }

  /** Loop time of the front. */
  long now() {
    return frontLoop.now();
  }

  Readiness readiness() {
    return gate.readiness();
  }

  Stats stats() {
    Map<String, Loop.Load> loops = new TreeMap<>();
    loops.put("front", frontLoop.load());
    if (worker != null) {
      loops.put("worker", worker.load());
    }
    return meters.snapshot(
        frontLoop.now(), cluster.membership().standing(), Collections.unmodifiableMap(loops));
  }

  Figures figures() {
    return meters.figures(frontLoop.now(), worker == null ? 0 : worker.leaks());
  }
}
