package io.dispatcher.client;

/** No front gave an answer in time. */
final class NoAnswer extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean maybe;

  /**
   * @param maybe whether a front may have got the call all the same
   */
  NoAnswer(boolean maybe, Throwable last) {
    super(last.getMessage() == null ? last.toString() : last.getMessage(), last);
    this.maybe = maybe;
  }

  boolean maybe() {
    return maybe;
  }
}
