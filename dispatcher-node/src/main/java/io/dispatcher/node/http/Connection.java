package io.dispatcher.node.http;

import io.dispatcher.Dispatcher;
import io.dispatcher.Submitter;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: what it may take its time for until when. One deadline is due at any
 * moment, and bytes that trickle in do not move it. Confined to its event loop.
 */
final class Connection {

  /** What is to happen next. */
  private enum Phase {
    /** The head of a request has to arrive, and the last answer has to be taken. */
    HEAD,
    /** The body has to arrive. */
    BODY,
    /** The answer has to be found. */
    WORK,
    /** Nothing more is read; what was sent has to be taken. */
    CLOSING
  }

  private final HttpConnection http;
  private Phase phase = Phase.HEAD;
  private long due;
  private @Nullable Exchange exchange;
  private boolean gone;
  private @Nullable Submitter submitter;

  Connection(HttpConnection http, long due) {
    this.http = http;
    this.due = due;
  }

  void begin(Exchange begun, long until) {
    exchange = begun;
    phase = Phase.BODY;
    due = until;
  }

  void work(long until) {
    if (phase == Phase.BODY || phase == Phase.WORK) {
      phase = Phase.WORK;
      due = until;
    }
  }

  void answered(long until) {
    exchange = null;
    phase = Phase.HEAD;
    due = until;
  }

  /** There is an answer, but the request is not over: its rest has to arrive. */
  void draining(long until) {
    exchange = null;
    phase = Phase.BODY;
    due = until;
  }

  /** No request on this connection is looked at any more. */
  void closing(long until) {
    exchange = null;
    phase = Phase.CLOSING;
    due = until;
  }

  boolean isClosing() {
    return phase == Phase.CLOSING;
  }

  /** Ends the connection once what was sent is on its way. */
  void close() {
    phase = Phase.CLOSING;
    http.close();
  }

  /** Ends the connection now. An ordinary close waits for ever for a client that does not read. */
  private void abort() {
    phase = Phase.CLOSING;
    if (http instanceof ConnectionBase base) {
      base.channelHandlerContext().close();
    } else {
      http.close();
    }
  }

  /** The connection is closed, by whomever. */
  void gone() {
    gone = true;
    if (submitter != null) {
      submitter.close();
    }
    Exchange left = exchange;
    exchange = null;
    if (left != null) {
      left.gone();
    }
  }

  /** Whose the tasks are that come in here. */
  Submitter submitter(Dispatcher dispatcher) {
    Submitter mine = submitter;
    if (mine == null) {
      mine = dispatcher.submitter();
      submitter = mine;
    }
    return mine;
  }

  boolean isGone() {
    return gone;
  }

  /** Ends what takes too long. */
  void check(long now) {
    if (now - due < 0) {
      return;
    }
    Exchange late = exchange;
    if (late != null && phase == Phase.BODY) {
      late.slow();
    } else if (late != null && phase == Phase.WORK) {
      late.overdue();
    } else {
      abort();
    }
  }
}
