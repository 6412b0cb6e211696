package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;

/** A Hazelcast member on which a Vert.x can share the event bus of the cluster. Thread-safe. */
public interface BusMember extends AutoCloseable {

  /** The member itself, for the cluster manager of a Vert.x and nothing else. */
  HazelcastInstance instance();

  /** Whether some store node is there: only then the bus has a place to keep its addresses. */
  default boolean hasStore() {
    return instance().getCluster().getMembers().stream().anyMatch(member -> !member.isLiteMember());
  }

  /** Leaves the cluster. Blocks. */
  @Override
  void close();
}
