package io.dispatcher.ledger;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One life of one node: its configured name and the number drawn when its process started. A
 * process that restarts, or that the cluster expelled and took back, comes back as a new peer, so
 * nothing addressed to the old one reaches it.
 *
 * @param node the configured name of the node
 * @param incarnation random, drawn once per start
 */
public record Peer(String node, long incarnation) implements Comparable<Peer> {

  public Peer {
    Objects.requireNonNull(node, "node");
  }

  @Override
  public int compareTo(Peer other) {
    int byNode = node.compareTo(other.node);
    return byNode != 0 ? byNode : Long.compare(incarnation, other.incarnation);
  }

  // Written out: a record's own goes through method handles, which take long to warm up, and this
  // is asked for every task.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Peer that && incarnation == that.incarnation && node.equals(that.node);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(incarnation);
  }

  @Override
  public String toString() {
    return node + "/" + Long.toHexString(incarnation);
  }
}
