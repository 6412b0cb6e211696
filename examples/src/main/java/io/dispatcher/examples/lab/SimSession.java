package io.dispatcher.examples.lab;

import org.jspecify.annotations.Nullable;

/** A client had a task on a worker lately. */
final class SimSession {

  /** Null if nobody knows who submitted: then it is the session of one task. */
  final @Nullable SimClient client;

  final SimView view;
  int out;
  long idleSince;

  SimSession(@Nullable SimClient client, SimView view) {
    this.client = client;
    this.view = view;
  }
}
