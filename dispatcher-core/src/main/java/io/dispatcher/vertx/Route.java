package io.dispatcher.vertx;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Wire;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.cluster.WireException;
import io.dispatcher.ledger.Peer;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frames on their way to one peer, and the link that they take. */
final class Route {

  private static final Logger log = LoggerFactory.getLogger(Route.class);
  private static final int WRITE_BYTES = 256 << 10;
  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  private record Parcel(Role from, Role to, Frame frame, int weight) {}

  private final VertxTransport transport;
  private final WireBuffer out;
  private final Peer peer;
  private final ConcurrentLinkedQueue<Parcel> unsent = new ConcurrentLinkedQueue<>();
  private final AtomicInteger unsentBytes = new AtomicInteger();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  // Only on the event loop.
  private @Nullable Link link;
  boolean connecting;
  private int failures;
  private long notBefore;

  Route(VertxTransport transport, Peer peer) {
    this.transport = transport;
    this.out = transport.out;
    this.peer = peer;
  }

  /** From any thread. */
  void send(Role from, Role to, Frame frame) {
    int weight = Wire.weight(frame);
    if (unsentBytes.get() > VertxTransport.MAX_UNSENT_BYTES) {
      return;
    }
    unsentBytes.addAndGet(weight);
    unsent.add(new Parcel(from, to, frame, weight));
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      transport.run(this::flush);
    }
  }

  private void flush() {
    scheduled.set(false);
    Link open = link;
    if (open != null) {
      write(open);
    } else if (!connecting) {
      connect();
    }
  }

  private void write(Link open) {
    Parcel parcel;
    while ((parcel = unsent.poll()) != null) {
      unsentBytes.addAndGet(-parcel.weight);
      if (open.socket.writeQueueFull()) {
        continue;
      }
      try {
        Wire.write(out, parcel.from, parcel.to, parcel.frame);
      } catch (WireException e) {
        log.error("frame to {} not sent: {}", peer, e.getMessage());
      }
      if (out.size() >= WRITE_BYTES) {
        open.write();
      }
    }
    open.write();
  }

  private void drop() {
    Parcel parcel;
    while ((parcel = unsent.poll()) != null) {
      unsentBytes.addAndGet(-parcel.weight);
    }
  }

  private void connect() {
    InetSocketAddress address =
        transport.gone.containsKey(peer) ? null : transport.directory.apply(peer);
    if (transport.closed
        || address == null
        || (failures > 0 && System.nanoTime() - notBefore < 0)) {
      drop();
      if (address == null) {
        transport.routes.remove(peer, this);
      }
      return;
    }
    connecting = true;
    transport
        .client
        .connect(address.getPort(), address.getHostString())
        .onComplete(
            connected -> {
              if (connected.failed()) {
                connecting = false;
                failed(address + ": " + connected.cause());
              } else if (transport.closed) {
                connected.result().close();
              } else {
                new Link(transport, connected.result(), peer).open();
              }
            });
  }

  /** No link could be made. */
  void failed(String why) {
    failures++;
    long pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE << Math.min(failures - 1, 5));
    notBefore = System.nanoTime() + pause;
    if (link == null) {
      drop();
    }
    if (failures == 1) {
      log.info("no link to {}: {}", peer, why);
    } else {
      log.debug("no link to {}, attempt {}: {}", peer, failures, why);
    }
  }

  void ready(Link made) {
    failures = 0;
    if (link == null) {
      link = made;
      write(made);
    }
  }

  void lost(Link old) {
    if (link == old) {
      link = null;
      // Frames of other directions may have died with the link: go on with another one, if there
      // is one.
      for (Link other : transport.links) {
        if (peer.equals(other.peer) && other.ready) {
          link = other;
        }
      }
      if (link == null) {
        drop();
      }
    }
  }
}
