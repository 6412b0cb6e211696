package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.internal.cluster.impl.operations.FetchMembersViewOp;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.operationservice.impl.Invocation;
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
 * died at once, stood still for that long. Here they are answered for. Without it all goes on, only
 * later. Confined to the thread that reads the membership.
 */
final class SuspectedMembers {

  private static final Logger log = LoggerFactory.getLogger(SuspectedMembers.class);

  /**
   * One that was suspected and came back keeps Hazelcast's mark: a connection that breaks for a
   * moment must not make it a dead one.
   */
  private static final long UNREACHABLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final HazelcastInstance instance;
  private final NodeEngineImpl engine;
  private final Map<Member, Long> unreachableSince = new HashMap<>();
  private boolean failed;

  SuspectedMembers(HazelcastInstance instance) {
    this.instance = instance;
    this.engine = (NodeEngineImpl) LedgerHost.engine(instance);
  }

  /** Ends the questions to members that are suspected by now; to be called all the time. */
  void answerFor() {
    if (failed) {
      return;
    }
    try {
      answer(suspected(System.nanoTime()));
    } catch (RuntimeException | LinkageError e) {
      if (instance.getLifecycleService().isRunning()) {
        failed = true;
        log.warn("Members that died together may be missed later than they could be", e);
      }
    }
  }

  private Map<Object, Member> suspected(long now) {
    Set<Member> members = instance.getCluster().getMembers();
    unreachableSince.keySet().retainAll(members);
    Map<Object, Member> suspected = new HashMap<>();
    for (Member member : members) {
      if (member.localMember() || !isUnreachable(member)) {
        unreachableSince.remove(member);
      } else if (now - unreachableSince.computeIfAbsent(member, first -> now)
          >= UNREACHABLE_NANOS) {
        suspected.put(member.getAddress(), member);
      }
    }
    return suspected;
  }

  private boolean isUnreachable(Member member) {
    Node node = engine.getNode();
    return node.getClusterService().getClusterJoinManager().hasMemberLeft(member.getUuid())
        && node.getServer().getConnectionManager(EndpointQualifier.MEMBER).get(member.getAddress())
            == null;
  }

  private void answer(Map<Object, Member> suspected) {
    if (suspected.isEmpty()) {
      return;
    }
    for (Invocation<?> call : engine.getOperationService().getInvocationRegistry()) {
      Member member = suspected.get(call.getTargetAddress());
      if (member != null && call.op instanceof FetchMembersViewOp) {
        call.sendResponse(call.op, new MemberLeftException(member));
      }
    }
  }
}
