package io.dispatcher;

import org.jspecify.annotations.Nullable;

/** A submitter had a task on a worker lately. Confined to the front's loop. */
final class Session {

  private final Sessions sessions;

  /** Null if the submitter is not known: then it is the session of one task. */
  final @Nullable Submitter submitter;

  final WorkerView worker;

  /** Tasks that the worker has in it. */
  int out;

  boolean closed;

  Session(Sessions sessions, @Nullable Submitter submitter, WorkerView worker) {
    this.sessions = sessions;
    this.submitter = submitter;
    this.worker = worker;
  }

  void ended() {
    sessions.ended(this);
  }
}
