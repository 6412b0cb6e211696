package io.dispatcher.examples.lab;

import java.util.ArrayList;
import java.util.List;

/** Somebody with a connection to one front, whose tasks belong together. */
final class SimClient {

  final int front;

  /** The open ones, on different workers. */
  final List<SimSession> sessions = new ArrayList<>(2);

  boolean closed;

  /** Where its last task went; -1 before the first. */
  int last = -1;

  SimClient(int front) {
    this.front = front;
  }
}
