package io.dispatcher.hazelcast;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who of the members that Hazelcast shows belongs to the cluster. Every node comes to the same
 * answer from the same list, because the list is in joining order and the older member stays.
 *
 * @param accepted by the member's UUID, in joining order
 * @param refused why, by the member's UUID
 * @param size the number of store nodes that the oldest one declared
 * @param bringers accepted store nodes that have brought records along, and of which era
 */
record Roster(
    Map<UUID, Member> accepted, Map<UUID, Refusal> refused, int size, Map<Peer, Long> bringers) {

  static final String NODE = "dispatcher.node";
  static final String INCARNATION = "dispatcher.incarnation";
  static final String ROLES = "dispatcher.roles";
  static final String ZONE = "dispatcher.zone";
  static final String LABELS = "dispatcher.labels";
  static final String SIZE = "dispatcher.size";

  /** Of a store node that brings records from another part of the cluster: their era. */
  static final String BRINGS = "dispatcher.brings";

  /** Of a member that is no node and only shares the event bus. */
  static final String GUEST = "dispatcher.guest";

  /**
   * Why a member is not accepted.
   *
   * @param passing whether it may pass when an older member leaves
   * @param named whether the older member has the same name
   */
  record Refusal(String why, boolean passing, boolean named) {}

  /** Judges a list of members in joining order. */
  static Roster of(Collection<com.hazelcast.cluster.Member> members, int ownSize) {
    Map<UUID, Member> accepted = new LinkedHashMap<>();
    Map<UUID, Refusal> refused = new HashMap<>();
    Map<String, Peer> names = new HashMap<>();
    List<String> stores = new ArrayList<>();
    Map<Peer, Long> bringers = new LinkedHashMap<>();
    int size = 0;
    for (com.hazelcast.cluster.Member seen : members) {
      if (seen.getAttribute(GUEST) != null) {
        continue;
      }
      Member member = parse(seen);
      if (member == null) {
        refused.put(
            seen.getUuid(), new Refusal(seen + " is not a node of a dispatcher", false, false));
        continue;
      }
      Refusal refusal = judge(member, declared(seen), size, stores, names);
      if (refusal != null) {
        refused.put(seen.getUuid(), refusal);
        continue;
      }
      if (member.is(Role.STORE)) {
        size = size == 0 ? declared(seen) : size;
        stores.add(member.peer().node());
        String brings = seen.getAttribute(BRINGS);
        if (brings != null) {
          bringers.put(member.peer(), era(brings));
        }
      }
      names.put(member.peer().node(), member.peer());
      accepted.put(seen.getUuid(), member);
    }
    return new Roster(accepted, refused, size == 0 ? ownSize : size, bringers);
  }

  private static long era(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }

  static boolean isStore(com.hazelcast.cluster.Member seen) {
    Member member = parse(seen);
    return member != null && member.is(Role.STORE);
  }

  private static @Nullable Refusal judge(
      Member member, int declared, int size, List<String> stores, Map<String, Peer> names) {
    String node = member.peer().node();
    Peer sameName = names.get(node);
    if (member.is(Role.STORE) && size != 0 && declared != size) {
      return new Refusal(
          "node %s declares cluster.size %d, but the cluster was started with %d: set cluster.size to %d, or stop all nodes and start them with %d"
              .formatted(node, declared, size, size, declared),
          false,
          false);
    }
    if (sameName != null) {
      return new Refusal(
          "a live node is already named %s (incarnation %x): give this one another name, or stop the other one first"
              .formatted(node, sameName.incarnation()),
          true,
          true);
    }
    if (member.is(Role.STORE) && size != 0 && stores.size() >= size) {
      return new Refusal(
          "node %s would be store node %d of a cluster of %d (%s): start it without the role store, or stop all nodes and start them with a larger cluster.size"
              .formatted(node, stores.size() + 1, size, String.join(", ", stores)),
          true,
          false);
    }
    return null;
  }

  int stores() {
    return (int) accepted.values().stream().filter(member -> member.is(Role.STORE)).count();
  }

  /** All store nodes are here. */
  boolean isWhole() {
    return stores() >= size;
  }

  /** How many more store nodes it takes until the ledger accepts writes; 0 if it does. */
  int missing() {
    return Math.max(0, majority(size) - stores());
  }

  /** The oldest store node, which speaks for all. */
  @Nullable Member oldestStore() {
    for (Member member : accepted.values()) {
      if (member.is(Role.STORE)) {
        return member;
      }
    }
    return null;
  }

  /**
   * Whether the majority that is here began an era.
   *
   * @param present incarnations of the store nodes with which it began
   */
  boolean began(long[] present) {
    long here =
        accepted.values().stream()
            .filter(member -> member.is(Role.STORE))
            .mapToLong(member -> member.peer().incarnation())
            .filter(store -> Arrays.stream(present).anyMatch(one -> one == store))
            .count();
    return here >= majority(size);
  }

  /**
   * Whether somebody who brings records has yet to put them back.
   *
   * @param after of a later era than this one
   * @param restored incarnations of those who have put everything back
   */
  boolean bringing(long after, Set<Long> restored) {
    return bringers.entrySet().stream()
        .anyMatch(
            bringer ->
                bringer.getValue() > after && !restored.contains(bringer.getKey().incarnation()));
  }

  static int majority(int size) {
    return size / 2 + 1;
  }

  private static int declared(com.hazelcast.cluster.Member member) {
    String text = member.getAttribute(SIZE);
    try {
      return text == null ? 0 : Integer.parseInt(text);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }

  static Map<String, String> attributes(HazelcastSettings settings) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put(NODE, settings.node());
    attributes.put(INCARNATION, Long.toHexString(settings.incarnation()));
    attributes.put(
        ROLES, settings.roles().stream().map(Role::name).collect(Collectors.joining(",")));
    attributes.put(LABELS, String.join(",", settings.labels()));
    attributes.put(SIZE, Integer.toString(settings.size()));
    String zone = settings.zone();
    if (zone != null) {
      attributes.put(ZONE, zone);
    }
    return attributes;
  }

  static @Nullable Member parse(com.hazelcast.cluster.Member member) {
    String node = member.getAttribute(NODE);
    String incarnation = member.getAttribute(INCARNATION);
    String roles = member.getAttribute(ROLES);
    String labels = member.getAttribute(LABELS);
    if (node == null || incarnation == null || roles == null) {
      return null;
    }
    try {
      Set<Role> parsed = EnumSet.noneOf(Role.class);
      for (String role : parts(roles)) {
        parsed.add(Role.valueOf(role));
      }
      return new Member(
          new Peer(node, Long.parseUnsignedLong(incarnation, 16)),
          parsed,
          member.getAttribute(ZONE),
          labels == null ? Set.of() : parts(labels));
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }

  private static Set<String> parts(String list) {
    return list.isEmpty() ? Set.of() : Set.of(list.split(","));
  }
}
