package io.dispatcher.vertx;

import io.dispatcher.cluster.Transport;
import io.dispatcher.cluster.Wire;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.cluster.WireException;
import io.dispatcher.ledger.Peer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection: a hello of each side, then frames. Only on the event loop of its transport.
 */
final class Link {

  private static final Logger log = LoggerFactory.getLogger(Link.class);
  private static final long HELLO_MILLIS = 5_000;

  private final VertxTransport transport;
  private final WireBuffer out;
  final NetSocket socket;
  private final @Nullable Peer expected;
  @Nullable Peer peer;
  boolean ready;
  private boolean over;
  private byte[] in = new byte[64 << 10];
  private int inSize;
  private long helloTimer;

  /**
   * @param expected who should answer; null on the side that was called
   */
  Link(VertxTransport transport, NetSocket socket, @Nullable Peer expected) {
    this.transport = transport;
    this.out = transport.out;
    this.socket = socket;
    this.expected = expected;
    this.peer = expected;
  }

  void open() {
    transport.links.add(this);
    if (expected == null) {
      transport.strangers++;
    }
    socket.setWriteQueueMaxSize(VertxTransport.MAX_UNSENT_BYTES);
    socket.handler(this::received);
    socket.exceptionHandler(e -> log.debug("link to {}", name(), e));
    socket.closeHandler(nothing -> closed());
    helloTimer = transport.vertx.setTimer(HELLO_MILLIS, nothing -> close("no hello in time"));
    if (expected != null) {
      sayHello(expected);
    }
  }

  private void sayHello(Peer to) {
    Wire.writeHello(out, new Wire.Hello(Wire.VERSION, transport.cluster, transport.self, to));
    write();
  }

  /** Writes what is in the common buffer. */
  void write() {
    if (out.size() > 0) {
      socket.write(Buffer.buffer(out.size()).appendBytes(out.array(), 0, out.size()));
      out.clear();
    }
  }

  private void received(Buffer data) {
    if (over) {
      return;
    }
    try {
      int length = data.length();
      int taken = 0;
      while (taken < length && !over) {
        int chunk = Math.min(length - taken, roomFor());
        data.getBytes(taken, taken + chunk, in, inSize);
        inSize += chunk;
        taken += chunk;
        takeRecords();
      }
    } catch (WireException e) {
      close(e.getMessage());
    }
  }

  /**
   * Makes room for at least one more byte: never for more than the record under way, once its
   * length is known.
   */
  private int roomFor() {
    if (inSize == in.length) {
      int needed = Wire.HEADER_BYTES + (inSize < Wire.HEADER_BYTES ? 0 : lengthAt(0));
      in = Arrays.copyOf(in, Math.min(Math.max(needed, in.length), in.length * 2));
    }
    return in.length - inSize;
  }

  private int lengthAt(int at) {
    int length =
        in[at] << 24 | (in[at + 1] & 0xff) << 16 | (in[at + 2] & 0xff) << 8 | (in[at + 3] & 0xff);
    return Wire.checkLength(length, !ready);
  }

  private void takeRecords() {
    int at = 0;
    while (!over && inSize - at >= Wire.HEADER_BYTES) {
      int length = lengthAt(at);
      if (inSize - at - Wire.HEADER_BYTES < length) {
        break;
      }
      int body = at + Wire.HEADER_BYTES;
      at = body + length;
      if (ready) {
        Wire.Parcel parcel = Wire.read(in, body, length);
        Peer from = Objects.requireNonNull(peer);
        transport.handOver(new Transport.Address(from, parcel.from()), parcel.to(), parcel.frame());
      } else {
        greeted(Wire.readHello(in, body, length));
      }
    }
    if (!over) {
      System.arraycopy(in, at, in, 0, inSize - at);
      inSize -= at;
    }
  }

  private void greeted(Wire.Hello hello) {
    if (!hello.cluster().equals(transport.cluster)) {
      close(
          "it belongs to the cluster '"
              + hello.cluster()
              + "', this is '"
              + transport.cluster
              + "'");
    } else if (!hello.to().equals(transport.self)) {
      close("it looks for " + hello.to() + ", this is " + transport.self);
    } else if (expected != null && !hello.from().equals(expected)) {
      close("it is " + hello.from() + ", " + expected + " was looked for");
    } else if (transport.gone.containsKey(hello.from())) {
      close(hello.from() + " is no member any more");
    } else {
      transport.vertx.cancelTimer(helloTimer);
      peer = hello.from();
      ready = true;
      Route route = transport.route(hello.from());
      if (expected == null) {
        transport.strangers--;
        sayHello(hello.from());
      } else {
        route.connecting = false;
      }
      route.ready(this);
    }
  }

  void close(@Nullable String reason) {
    if (!over) {
      log.warn("link to {} closed: {}", name(), reason);
      socket.close();
      closed();
    }
  }

  private void closed() {
    if (over) {
      return;
    }
    over = true;
    transport.links.remove(this);
    transport.vertx.cancelTimer(helloTimer);
    in = new byte[0];
    inSize = 0;
    Peer other = peer;
    Route route = other == null ? null : transport.routes.get(other);
    if (!ready) {
      if (expected == null) {
        transport.strangers--;
      } else if (route != null) {
        route.connecting = false;
        route.failed("closed before it was made");
      }
      return;
    }
    if (route != null) {
      route.lost(this);
    }
    if (other != null && transport.links.stream().noneMatch(l -> l.ready && other.equals(l.peer))) {
      transport.closedLast(other);
    }
  }

  private String name() {
    return peer == null ? String.valueOf(socket.remoteAddress()) : peer.toString();
  }
}
