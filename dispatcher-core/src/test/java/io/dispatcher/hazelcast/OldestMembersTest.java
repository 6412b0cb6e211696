package io.dispatcher.hazelcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.version.MemberVersion;
import java.net.InetAddress;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OldestMembersTest {

  private final OldestMembers oldest = new OldestMembers();

  @Test
  void who_is_missed_before_the_majority_is_gone_is_still_known() {
    Member first = member(1);
    Member second = member(2);
    Member third = member(3);
    oldest.seen(List.of(first, second, third));

    oldest.seen(List.of(second, third));

    assertEquals(first.getUuid(), oldest.at(first.getAddress()));
    assertEquals(3, oldest.addresses().size());
  }

  @Test
  void who_is_back_is_known_as_it_is_now() {
    oldest.seen(List.of(member(1)));
    Member back = member(1);
    oldest.seen(List.of(back));

    assertEquals(back.getUuid(), oldest.at(back.getAddress()));
  }

  @Test
  void those_that_have_been_away_for_longest_are_forgotten() {
    Member there = member(0);
    oldest.seen(List.of(there));
    for (int i = 1; i < 100; i++) {
      oldest.seen(List.of(there, member(i)));
    }

    assertEquals(2 * OldestMembers.MOST, oldest.addresses().size());
    assertNotNull(oldest.at(there.getAddress()));
    assertNull(oldest.at(member(1).getAddress()));
    assertNotNull(oldest.at(member(99).getAddress()));
  }

  @Test
  void only_so_many_of_those_that_are_there_are_known() {
    oldest.seen(IntStream.range(0, 40).mapToObj(OldestMembersTest::member).toList());

    assertEquals(OldestMembers.MOST, oldest.addresses().size());
  }

  private static Member member(int port) {
    return new MemberImpl.Builder(new Address(InetAddress.getLoopbackAddress(), 5000 + port))
        .uuid(UUID.randomUUID())
        .version(MemberVersion.UNKNOWN)
        .build();
  }
}
