package io.dispatcher.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Ports of the loopback interface that nobody listens on, for clusters on one machine. Any thread.
 *
 * <p>None of those that systems choose for outgoing connections: whoever calls a dead node on such
 * a port may be given that very port to call from, and then talks to itself. Hazelcast takes the
 * address for its own from then on.
 *
 * <p>A port is free only until somebody listens there. So that runs side by side do not choose the
 * same, each process takes its ports from ranges that are its own: it listens on the first port of
 * a range until it ends, and leaves ranges alone whose first port is taken.
 */
public final class LoopbackPorts {
  private static final int FIRST = 10_000;
  private static final int END = 32_768;
  private static final int RANGE = 32;
  private static final int TRIES = 1_000;

  private static final LoopbackPorts OF_PROCESS = new LoopbackPorts(new SecureRandom());

  private final RandomGenerator random;
  private final List<ServerSocket> claims = new ArrayList<>();
  private final List<Integer> own = new ArrayList<>();
  private int next;

  LoopbackPorts(RandomGenerator random) {
    this.random = random;
  }

  /** One of them. */
  public static int one() {
    return free(1).get(0);
  }

  /**
   * Several at once, no two of them the same. One that was given before may come again when the
   * others were given since and nobody listens there.
   *
   * @param count how many, 0 or more
   * @throws UncheckedIOException with a {@link BindException} if there are not as many
   */
  public static List<Integer> free(int count) {
    return OF_PROCESS.choose(count);
  }

  /** As an argument: the ports with commas between them. */
  public static String text(List<Integer> ports) {
    return ports.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** Locked, because all threads of the process share what it has claimed. */
  synchronized List<Integer> choose(int count) {
    List<ServerSocket> open = new ArrayList<>();
    try {
      for (int looked = 0; open.size() < count; looked++) {
        if (looked == own.size()) {
          claim();
        }
        ServerSocket socket = listen(own.get(next++ % own.size()));
        if (socket != null) {
          open.add(socket);
        }
      }
      return open.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      open.forEach(LoopbackPorts::close);
    }
  }

  private void claim() {
    for (int tries = 0; tries < TRIES; tries++) {
      int first = FIRST + random.nextInt((END - FIRST) / RANGE) * RANGE;
      ServerSocket claim = listen(first);
      if (claim != null) {
        claims.add(claim);
        next = own.size();
        for (int port = first + 1; port < first + RANGE; port++) {
          own.add(port);
        }
        return;
      }
    }
    String full =
        "no free ports on the loopback interface: of those from %d to %d, %d were tried; end what"
            + " listens there";
    throw new UncheckedIOException(new BindException(full.formatted(FIRST, END - 1, TRIES)));
  }

  /** Null if somebody else listens there. */
  private static @Nullable ServerSocket listen(int port) {
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (IOException taken) {
      return null;
    }
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It never had a connection: nothing can be lost.
    }
  }
}
