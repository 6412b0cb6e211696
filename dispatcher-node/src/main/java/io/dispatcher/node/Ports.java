package io.dispatcher.node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Ports of the loopback interface that nobody listens on.
 *
 * <p>None of those that systems choose for outgoing connections: whoever calls a dead node on such
 * a port may be given that very port to call from, and then talks to itself. Hazelcast takes the
 * address for its own from then on.
 */
public final class Ports {
  private static final int FIRST = 10_000;
  private static final int END = 32_768;
  private static final int TRIES = 1_000;

  /** Runs side by side would now and then choose the same: each has ports of its own to try. */
  private static final int OWN = 32;

  private static final int FIRST_OWN =
      FIRST + ThreadLocalRandom.current().nextInt((END - FIRST) / OWN) * OWN;

  private static final AtomicInteger NEXT = new AtomicInteger();

  private Ports() {}

  /** Chooses all ports of a run at once, so that no two of them are the same. */
  public static List<Integer> free(int count) {
    List<ServerSocket> open = new ArrayList<>();
    try {
      for (int tries = 0; open.size() < count; tries++) {
        if (tries == TRIES) {
          throw new RunFailed(
              "found no " + count + " free ports on the loopback interface in " + TRIES + " tries");
        }
        ServerSocket socket = listen(candidate(tries));
        if (socket != null) {
          open.add(socket);
        }
      }
      return open.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      open.forEach(Ports::close);
    }
  }

  private static int candidate(int tries) {
    return tries < OWN
        ? FIRST_OWN + Math.floorMod(NEXT.getAndIncrement(), OWN)
        : ThreadLocalRandom.current().nextInt(FIRST, END);
  }

  /** Null if somebody else listens there. */
  private static @Nullable ServerSocket listen(int port) {
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (IOException taken) {
      return null;
    }
  }

  /** As an argument. */
  public static String text(List<Integer> ports) {
    return ports.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It never had a connection: nothing can be lost.
    }
  }
}
