package io.dispatcher.hazelcast;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RosterTest {

  @Test
  void a_majority_begins_an_era_only_if_most_of_it_was_there() {
    Roster roster = stores(3, 1, 2);

    assertTrue(roster.began(new long[] {1, 2}));
    assertTrue(roster.began(new long[] {1, 2, 3}));
    assertFalse(roster.began(new long[] {1, 3}));
    assertFalse(roster.began(new long[] {}));
  }

  @Test
  void others_than_store_nodes_do_not_count() {
    Roster roster = stores(3, 1);
    add(roster.accepted(), 2, Role.WORKER);

    assertFalse(roster.began(new long[] {1, 2}));
  }

  @Test
  void who_brings_a_later_era_comes_first() {
    Peer earlier = new Peer("node-1", 1);
    Peer later = new Peer("node-2", 2);
    Roster roster =
        new Roster(stores(3, 1, 2).accepted(), Map.of(), 3, Map.of(earlier, 5L, later, 7L));

    assertTrue(roster.bringing(5, Set.of(1L)));
    assertFalse(roster.bringing(5, Set.of(2L)));
    assertFalse(roster.bringing(7, Set.of()), "nobody waits for itself, nor two for each other");
    assertTrue(roster.bringing(-1, Set.of(2L)));
  }

  private static Roster stores(int size, long... incarnations) {
    Map<UUID, Member> accepted = new LinkedHashMap<>();
    for (long incarnation : incarnations) {
      add(accepted, incarnation, Role.STORE);
    }
    return new Roster(accepted, Map.of(), size, Map.of());
  }

  private static void add(Map<UUID, Member> accepted, long incarnation, Role role) {
    Peer peer = new Peer("node-" + incarnation, incarnation);
    accepted.put(new UUID(0, incarnation), new Member(peer, Set.of(role), null, Set.of()));
  }
}
