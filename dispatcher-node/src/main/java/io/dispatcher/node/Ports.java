package io.dispatcher.node;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Ports of the loopback interface that nobody listens on. */
final class Ports {
  private Ports() {}

  /** Chooses all ports of a run at once, so that no two of them are the same. */
  static List<Integer> free(int count) {
    List<ServerSocket> open = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        open.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return open.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new RunFailed("no free port on the loopback interface: " + e.getMessage(), e);
    } finally {
      open.forEach(Ports::close);
    }
  }

  static String text(List<Integer> ports) {
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
