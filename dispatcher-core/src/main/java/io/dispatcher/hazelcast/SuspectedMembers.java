package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.internal.cluster.impl.ClusterServiceImpl;
import com.hazelcast.internal.cluster.impl.operations.FetchMembersViewOp;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.operationservice.impl.Invocation;
import com.hazelcast.spi.properties.ClusterProperty;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Members that Hazelcast suspects: they were silent for too long, or refused every connection. If
 * the oldest member is among them, the next one asks all others whether they miss it too, before
 * anybody is removed. Hazelcast looks only every five seconds whether it suspects by now one of
 * those it asked, for one after the other: a cluster that was cut in two, or two of whose members
 * died at once, stood still for that long. Here they are answered for. So are members that can be
 * reached again, but have gone on without this one: they send it no heartbeats, and do not say so.
 * Without it all goes on, only later. Confined to the thread that reads the membership.
 */
final class SuspectedMembers {

  private static final Logger log = LoggerFactory.getLogger(SuspectedMembers.class);

  /**
   * One that was suspected and came back keeps Hazelcast's mark: a connection that breaks for a
   * moment must not make it a dead one.
   */
  private static final long UNREACHABLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /**
   * Members notice the same fault up to a second apart, and who still counts on this one sends it a
   * heartbeat each second.
   */
  private static final long SILENT_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

  private final HazelcastInstance instance;
  private final NodeEngineImpl engine;
  private final long mostSilentMillis;
  private final Map<Member, Long> unreachableSince = new HashMap<>();
  private final Map<Member, Long> silentSince = new HashMap<>();
  private boolean failed;

  SuspectedMembers(HazelcastInstance instance) {
    this.instance = instance;
    this.engine = (NodeEngineImpl) LedgerHost.engine(instance);
    this.mostSilentMillis =
        engine.getProperties().getMillis(ClusterProperty.MAX_NO_HEARTBEAT_SECONDS);
  }

  /** Ends the questions to members that are suspected by now; to be called all the time. */
  void answerFor() {
    if (failed) {
      return;
    }
    try {
      answer(System.nanoTime());
    } catch (RuntimeException | LinkageError e) {
      if (instance.getLifecycleService().isRunning()) {
        failed = true;
        log.warn("Members that died together may be missed later than they could be", e);
      }
    }
  }

  private void answer(long now) {
    Set<Member> members = instance.getCluster().getMembers();
    unreachableSince.keySet().retainAll(members);
    silentSince.keySet().retainAll(members);
    Map<Object, Member> dead = new HashMap<>();
    Map<Object, Member> silent = new HashMap<>();
    for (Member member : members) {
      boolean suspected = !member.localMember() && isSuspected(member);
      boolean unreachable = suspected && !isConnected(member);
      if (lasts(unreachableSince, member, unreachable, now, UNREACHABLE_NANOS)) {
        dead.put(member.getAddress(), member);
      }
      if (lasts(silentSince, member, suspected && isSilent(member), now, SILENT_NANOS)) {
        silent.put(member.getAddress(), member);
      }
    }
    if (!dead.isEmpty() || !silent.isEmpty()) {
      answer(dead, silent, now);
    }
  }

  /** Whether it has been so for this long. */
  private static boolean lasts(
      Map<Member, Long> since, Member member, boolean is, long now, long nanos) {
    if (!is) {
      since.remove(member);
      return false;
    }
    return now - since.computeIfAbsent(member, first -> now) >= nanos;
  }

  private boolean isSuspected(Member member) {
    return cluster().getClusterJoinManager().hasMemberLeft(member.getUuid());
  }

  private boolean isConnected(Member member) {
    return engine
            .getNode()
            .getServer()
            .getConnectionManager(EndpointQualifier.MEMBER)
            .get(member.getAddress())
        != null;
  }

  private boolean isSilent(Member member) {
    long heard = cluster().getClusterHeartbeatManager().getLastHeartbeatTime(member);
    return cluster().getClusterTime() - heard > mostSilentMillis;
  }

  private ClusterServiceImpl cluster() {
    return engine.getNode().getClusterService();
  }

  private void answer(Map<Object, Member> dead, Map<Object, Member> silent, long now) {
    for (Invocation<?> call : engine.getOperationService().getInvocationRegistry()) {
      if (call.op instanceof FetchMembersViewOp) {
        Member member = dead.get(call.getTargetAddress());
        if (member == null && now - call.firstInvocationTimeNanos >= SILENT_NANOS) {
          member = silent.get(call.getTargetAddress());
        }
        if (member != null) {
          call.sendResponse(call.op, new MemberLeftException(member));
        }
      }
    }
  }
}
