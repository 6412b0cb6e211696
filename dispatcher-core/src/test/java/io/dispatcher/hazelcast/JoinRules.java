package io.dispatcher.hazelcast;

import static java.util.stream.Collectors.joining;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.version.MemberVersion;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The real cluster's {@link Roster}, for members that are only simulated. */
public final class JoinRules {

  private static final Address NOWHERE = new Address(InetAddress.getLoopbackAddress(), 1);

  /** Why a member may not join. */
  public enum Refusal {
    NAME_IS_TAKEN,
    NO_PLACE_LEFT
  }

  private JoinRules() {}

  /**
   * Why the last one of these is refused; null if it is not.
   *
   * @param members in joining order
   * @param size of the cluster, as all of them declare it
   */
  public static @Nullable Refusal refusal(List<Member> members, int size) {
    List<com.hazelcast.cluster.Member> seen = new ArrayList<>();
    members.forEach(member -> seen.add(seen(member, size)));
    Roster.Refusal refusal =
        Roster.of(seen, size).refused().get(seen.get(seen.size() - 1).getUuid());
    if (refusal == null) {
      return null;
    }
    return refusal.named() ? Refusal.NAME_IS_TAKEN : Refusal.NO_PLACE_LEFT;
  }

  private static com.hazelcast.cluster.Member seen(Member member, int size) {
    Peer peer = member.peer();
    return new MemberImpl.Builder(NOWHERE)
        .uuid(new UUID(peer.node().hashCode(), peer.incarnation()))
        .version(MemberVersion.UNKNOWN)
        .attributes(
            Map.of(
                Roster.NODE, peer.node(),
                Roster.INCARNATION, Long.toHexString(peer.incarnation()),
                Roster.ROLES, member.roles().stream().map(Role::name).collect(joining(",")),
                Roster.SIZE, Integer.toString(size)))
        .build();
  }
}
