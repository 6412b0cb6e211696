package io.dispatcher.ledger;

/** How a call to the ledger came out. */
public sealed interface Reply {

  /** The answer is on the primary and on every synchronous backup. */
  record Clean(Answer answer) implements Reply {}

  /**
   * It may or may not have happened, or is not on all replicas. The caller repeats the same write
   * until it is clean; reading back would prove nothing.
   *
   * @param why for people
   */
  record Unclean(String why) implements Reply {}

  /**
   * It did not happen and would not now: the ledger is closed here, for want of a majority of the
   * store nodes, say.
   *
   * @param why for people
   */
  record Unavailable(String why) implements Reply {}
}
