package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionFunction;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Whether a majority of the declared store nodes is here. A store node joins as a lite member and
 * is promoted once it is accepted, of which Hazelcast tells this function nothing: so it counts
 * accepted members by their role and not the data members it is given.
 */
final class MajorityOfStores implements SplitBrainProtectionFunction, HazelcastInstanceAware {

  private final int size;
  private volatile @Nullable HazelcastInstance instance;

  MajorityOfStores(int size) {
    this.size = size;
  }

  @Override
  public void setHazelcastInstance(HazelcastInstance hazelcast) {
    instance = hazelcast;
  }

  @Override
  public boolean apply(Collection<Member> dataMembers) {
    HazelcastInstance hazelcast = instance;
    Collection<Member> members =
        hazelcast == null ? dataMembers : hazelcast.getCluster().getMembers();
    return Roster.of(members, size).stores() >= Roster.majority(size);
  }
}
