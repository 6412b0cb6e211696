package io.dispatcher.node.chaos;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import io.dispatcher.Dispatcher;
import io.dispatcher.Readiness;
import io.dispatcher.Stats;

/**
 * How a process of a run stands.
 *
 * @param ready whether it takes tasks in
 * @param reason why not
 * @param workers that its front sees
 * @param safe whether its part of the ledger has all copies
 * @param lost tasks that it found gone
 */
record State(boolean ready, String reason, int workers, boolean safe, long lost) {

  static State of(Dispatcher dispatcher) {
    Stats stats = dispatcher.stats();
    Readiness readiness = dispatcher.readiness();
    return new State(
        readiness.ready(),
        readiness.reason(),
        stats.workers(),
        Hazelcast.getAllHazelcastInstances().stream().allMatch(State::isSafe),
        stats.lost());
  }

  private static boolean isSafe(HazelcastInstance member) {
    try {
      return member.getPartitionService().isLocalMemberSafe();
    } catch (HazelcastInstanceNotActiveException leaving) {
      return false;
    }
  }

  /** Whether it takes tasks in and sees all of so many nodes. */
  boolean sees(int nodes) {
    return ready && workers == nodes;
  }
}
