package io.dispatcher.node.handlers;

import java.io.PrintWriter;

/** A service did not do the work. Its own words stand where the trace would be. */
class UpstreamFailed extends Exception {
  private static final long serialVersionUID = 1;

  private final String body;

  UpstreamFailed(String message, String body) {
    super(message);
    this.body = body;
  }

  @Override
  public void printStackTrace(PrintWriter out) {
    out.print(body);
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this; // where in the node it was noticed helps nobody
  }
}
