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
  CUT,
  /** SIGTERM for one node after the other; of these each counts as a leave too. */
  ROLLING;

  /** How a plan names their number. */
  String option() {
    return this == ROLLING ? word() : word() + "s";
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
