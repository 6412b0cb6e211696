package io.dispatcher.node.chaos;

import java.util.Locale;

/** What is done to a node. */
enum FaultClass {
  /** SIGKILL. */
  KILL,
  /** SIGSTOP, and SIGCONT later. */
  PAUSE,
  /** SIGTERM. */
  LEAVE,
  /** Its network is cut. */
  CUT;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
