package io.dispatcher.ledger;

/** How a call to the ledger came out. */
public sealed interface Reply {

  /** For people. */
  String why();

  /** The answer is on the primary and on every synchronous backup. */
  record Clean(Answer answer) implements Reply {
    @Override
    public String why() {
      return "it is in effect";
    }
  }

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

  /**
   * Nothing was done so far: there is no such block, but no copy was left of the part of the ledger
   * that it would be in, and a node that was cut off may bring one. The caller repeats until the
   * block is there, or known to be gone; a write may be carried out later although nobody repeats
   * it.
   *
   * @param why for people
   */
  record Missing(String why) implements Reply {
    public Missing() {
      this("no copy is left of this part of the ledger, and a node that was cut off may have one");
    }
  }
}
