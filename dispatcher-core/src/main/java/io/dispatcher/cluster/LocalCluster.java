package io.dispatcher.cluster;

import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.MemoryLedger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.Labels;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * This JVM alone: one node with all roles, blocks in memory. Nothing survives the process.
 * Thread-safe.
 *
 * <p>An error on a loop closes the cluster: a living node must not own tasks that nobody drives.
 */
public final class LocalCluster implements Cluster {

  private static final double LEDGER_SHARE = 0.45;

  private final SecureRandom seeds = new SecureRandom();
  private final ConcurrentLinkedQueue<LocalLoop> loops = new ConcurrentLinkedQueue<>();
  private final MemoryLedger ledger;
  private final LocalTransport transport;
  private final Member self;
  private final Consumer<Throwable> onError;
  private volatile Consumer<Throwable> ended = error -> {};
  private volatile boolean closed;

  private LocalCluster(String node, Set<String> labels, Consumer<Throwable> onError) {
    this.onError = Objects.requireNonNull(onError, "onError");
    this.self =
        new Member(new Peer(node, seeds.nextLong()), EnumSet.allOf(Role.class), null, labels);
    this.ledger = new MemoryLedger(seeds, (long) (Runtime.getRuntime().maxMemory() * LEDGER_SHARE));
    this.transport = new LocalTransport(self.peer());
  }

  /** A cluster of one node, called {@code local}. */
  public static LocalCluster start() {
    return named("local");
  }

  /** A cluster of one node of this name. */
  public static LocalCluster named(String node) {
    return named(node, error -> {});
  }

  /**
   * A cluster of one node of this name.
   *
   * @param onError is told of an exception that escaped a turn of a loop, on that loop's thread,
   *     before the cluster closes
   */
  public static LocalCluster named(String node, Consumer<Throwable> onError) {
    return named(node, Set.of(), onError);
  }

  /**
   * As {@link #named(String, Consumer)}.
   *
   * @param labels what the node has that tasks may ask for
   */
  public static LocalCluster named(String node, Set<String> labels, Consumer<Throwable> onError) {
    return new LocalCluster(node, Labels.of("labels", labels), onError);
  }

  @Override
  public Loop loop(String name) {
    LocalLoop loop = new LocalLoop(self.peer().node() + "-" + name, seeds.nextLong(), this::fail);
    loops.add(loop);
    if (closed) {
      loop.end();
    }
    return loop;
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public Transport transport() {
    return transport;
  }

  @Override
  public Membership membership() {
    return new Alone(self);
  }

  /** Ends the loops; turns that have not run yet never will. */
  @Override
  public void close() {
    closed = true;
    loops.forEach(QueueLoop::end);
  }

  @Override
  public void onEnd(Consumer<Throwable> listener) {
    ended = listener;
  }

  private void fail(Throwable error) {
    close();
    // Other loops may be in a turn: what they are confined to is touched when they are through.
    Thread end =
        new Thread(
            () -> {
              loops.forEach(LocalLoop::awaitEnd);
              ended.accept(error);
            },
            self.peer().node() + "-end");
    end.setDaemon(true);
    end.start();
    onError.accept(error);
  }

  private record Alone(Member self) implements Membership {
    @Override
    public void listen(Executor executor, Consumer<List<Member>> listener) {
      List<Member> members = List.of(self);
      executor.execute(() -> listener.accept(members));
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public int copies() {
      return 1;
    }
  }

  private static final class LocalTransport implements Transport {

    private record Receiver(Executor executor, BiConsumer<Address, Frame> frames) {}

    private final Peer self;
    private volatile Map<Role, Receiver> receivers = Map.of();

    LocalTransport(Peer self) {
      this.self = self;
    }

    @Override
    public void send(Address from, Address to, Frame frame) {
      Receiver receiver = to.peer().equals(self) ? receivers.get(to.role()) : null;
      if (receiver != null) {
        receiver.executor.execute(() -> receiver.frames.accept(from, frame));
      }
    }

    @Override
    public synchronized void receive(
        Role role, Executor executor, BiConsumer<Address, Frame> receiver) {
      Map<Role, Receiver> changed = new EnumMap<>(Role.class);
      changed.putAll(receivers);
      changed.put(role, new Receiver(executor, receiver));
      receivers = changed;
    }

    @Override
    public void onClose(Executor executor, Consumer<Peer> listener) {}
  }

  /** A loop with a thread of its own, which sleeps while there is nothing to do. */
  private static final class LocalLoop extends QueueLoop {

    private final Thread thread;
    private volatile boolean signalled;
    private boolean timed;
    private long due;

    LocalLoop(String name, long seed, Consumer<Throwable> onError) {
      super(name, seed, onError);
      this.thread = new Thread(this::run, name);
      thread.setDaemon(true);
      thread.start();
    }

    private void run() {
      while (!ended()) {
        long wait = timed ? due - now() : Long.MAX_VALUE;
        if (signalled || wait <= 0) {
          signalled = false;
          timed = false;
          drain();
        } else if (timed) {
          LockSupport.parkNanos(this, wait);
        } else {
          LockSupport.park(this);
        }
      }
    }

    @Override
    protected void wake() {
      signalled = true;
      LockSupport.unpark(thread);
    }

    @Override
    protected void sleepUntil(long time) {
      timed = true;
      due = time;
    }

    @Override
    public void end() {
      super.end();
      LockSupport.unpark(thread);
    }

    /** Waits for a turn under way; turns never block. */
    void awaitEnd() {
      boolean interrupted = false;
      while (true) {
        try {
          thread.join();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
