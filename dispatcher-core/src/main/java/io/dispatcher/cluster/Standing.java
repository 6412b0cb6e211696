package io.dispatcher.cluster;

/**
 * How this node has stood in its cluster since it started, as every peer that it has been.
 * Immutable.
 *
 * @param era number of the ledger's era, as far as this node knows it; 0 where there is none
 * @param lostMajorities how often a majority of the store nodes was no longer here
 * @param quickRestarts how often a start waited until an earlier node of the same name was gone
 */
public record Standing(long era, long lostMajorities, long quickRestarts) {

  /** Where no other node can come or go. */
  public static final Standing NONE = new Standing(0, 0, 0);
}
