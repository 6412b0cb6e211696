package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;

/** A Hazelcast member on which a Vert.x can share the event bus of the cluster. Thread-safe. */
public interface BusMember extends AutoCloseable {

  /** The member itself, for the cluster manager of a Vert.x and nothing else. */
  HazelcastInstance instance();

  /** Whether some store node is there: only then the bus has a place to keep its addresses. */
  default boolean hasStore() {
    return instance().getCluster().getMembers().stream().anyMatch(member -> !member.isLiteMember());
  }

  /**
   * Whether a Vert.x that could not start for this reason may start later: the cluster did not take
   * a write of it in, as when a node dies just then.
   */
  static boolean mayPass(Throwable failed) {
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof HazelcastException) {
        return true;
      }
    }
    return false;
  }

  /** Leaves the cluster. Blocks. */
  @Override
  void close();
}
