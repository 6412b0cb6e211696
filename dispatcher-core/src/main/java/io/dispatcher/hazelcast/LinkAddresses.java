package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import io.dispatcher.ledger.Peer;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where the links of a peer end: on the host of its Hazelcast member, at the port that an attribute
 * of it tells.
 */
public final class LinkAddresses {

  /** The member attribute with the link port; set before the member starts. */
  public static final String PORT = "dispatcher.link.port";

  private LinkAddresses() {}

  /** The link address of a live peer; null if it is none or tells no port. */
  public static @Nullable InetSocketAddress of(HazelcastNode node, Peer peer) {
    String incarnation = Long.toHexString(peer.incarnation());
    for (Member member : node.instance().getCluster().getMembers()) {
      if (peer.node().equals(member.getAttribute(Roster.NODE))
          && incarnation.equals(member.getAttribute(Roster.INCARNATION))) {
        int port = port(member);
        return port == 0
            ? null
            : new InetSocketAddress(member.getSocketAddress().getAddress(), port);
      }
    }
    return null;
  }

  /** The link port that this node announces; 0 if it announces none. */
  public static int ownPort(HazelcastNode node) {
    return port(node.instance().getCluster().getLocalMember());
  }

  private static int port(Member member) {
    String text = member.getAttribute(PORT);
    try {
      int port = text == null ? 0 : Integer.parseInt(text);
      return port > 0 && port <= 65535 ? port : 0;
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }
}
