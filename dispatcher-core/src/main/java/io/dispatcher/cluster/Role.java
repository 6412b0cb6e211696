package io.dispatcher.cluster;

/** What a node does; by default all three. */
public enum Role {
  /** Holds ledger data. */
  STORE,
  /** Has doors and takes tasks in. */
  FRONT,
  /** Runs handlers. */
  WORKER
}
