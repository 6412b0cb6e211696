package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import io.dispatcher.cluster.NewestMap;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who had been in the cluster for longest, as long as there was a majority: one of these lets
 * others in, whatever its roles. Members are missed one after the other, and who is gone before the
 * majority is may be the one that lets others in elsewhere. Not thread-safe.
 */
final class OldestMembers {

  /** Of those that are there. */
  static final int MOST = 16;

  /** Those that have been away for longest go first. */
  private final Map<Address, UUID> known = new NewestMap<>(2 * MOST);

  /** These are members now, in the order in which they came. */
  void seen(Collection<Member> members) {
    members.stream()
        .limit(MOST)
        .forEach(
            member -> {
              known.remove(member.getAddress());
              known.put(member.getAddress(), member.getUuid());
            });
  }

  Set<Address> addresses() {
    return known.keySet();
  }

  /** Who was there; null if it was none of these. */
  @Nullable UUID at(Address address) {
    return known.get(address);
  }
}
