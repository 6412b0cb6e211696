package io.dispatcher.node.handlers;

/** A service blames the request; asking again would change nothing. */
final class UpstreamRefused extends UpstreamFailed {
  private static final long serialVersionUID = 1;

  UpstreamRefused(String message, String body) {
    super(message, body);
  }
}
