package io.dispatcher.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loopback ports that nobody listens on, below those that systems choose for outgoing connections:
 * whoever calls a dead node on one of these may be given that very port to call from, and then
 * talks to itself.
 */
public final class FreePorts {
  private static final int FIRST = 10_000;
  private static final int END = 32_768;
  private static final int TRIES = 1_000;

  /** Runs side by side would now and then choose the same: each has ports of its own to try. */
  private static final int OWN = 32;

  private static final int FIRST_OWN =
      FIRST + ThreadLocalRandom.current().nextInt((END - FIRST) / OWN) * OWN;

  private static final AtomicInteger NEXT = new AtomicInteger();

  private FreePorts() {}

  public static int one() {
    return list(1).get(0);
  }

  /** No two of them are the same. */
  public static List<Integer> list(int count) {
    List<ServerSocket> open = new ArrayList<>();
    try {
      for (int tries = 0; open.size() < count; tries++) {
        int port =
            tries < OWN
                ? FIRST_OWN + Math.floorMod(NEXT.getAndIncrement(), OWN)
                : ThreadLocalRandom.current().nextInt(FIRST, END);
        try {
          open.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (IOException taken) {
          if (tries == TRIES) {
            throw new UncheckedIOException(taken);
          }
        }
      }
      List<Integer> ports = open.stream().map(ServerSocket::getLocalPort).toList();
      for (ServerSocket socket : open) {
        socket.close();
      }
      return ports;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
