package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.internal.cluster.impl.operations.FetchMembersViewOp;
import com.hazelcast.internal.util.Clock;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.operationservice.impl.Invocation;
import com.hazelcast.spi.impl.operationservice.impl.OperationServiceImpl;
import java.util.HashMap;
import java.util.Map;

/**
 * Members of which nothing was heard for so long that they are taken for dead. If the oldest member
 * is among them, the next one asks all others whether they miss it too, before anybody is removed.
 * Hazelcast waits five seconds for the answer of each, one after the other, although it finds
 * meanwhile that they are as silent: a cluster that was cut in two stood still for that long. Here
 * they are answered for. Confined to the thread that reads the membership.
 */
final class SilentMembers {

  private final HazelcastInstance instance;
  private final NodeEngineImpl engine;
  private final long millis;

  SilentMembers(HazelcastInstance instance) {
    this.instance = instance;
    this.engine = (NodeEngineImpl) LedgerHost.engine(instance);
    this.millis = HazelcastChecks.detection(instance.getConfig()).toMillis();
  }

  /** Ends the questions to members that are silent by now. */
  void answerFor() {
    Map<Object, Member> silent = new HashMap<>();
    for (Member member : instance.getCluster().getMembers()) {
      if (!member.localMember() && isSilent(member)) {
        silent.put(member.getAddress(), member);
      }
    }
    if (silent.isEmpty()) {
      return;
    }
    OperationServiceImpl operations = engine.getOperationService();
    for (Invocation<?> call : operations.getInvocationRegistry()) {
      Member member = silent.get(call.getTargetAddress());
      if (member != null && call.op instanceof FetchMembersViewOp) {
        call.sendResponse(call.op, new MemberLeftException(member));
      }
    }
  }

  /**
   * Whether Hazelcast has given it up: it closes the connection then. By its silence alone a node
   * that stood still itself would take all others for dead.
   */
  private boolean isSilent(Member member) {
    return silence(member) > millis
        && engine
                .getNode()
                .getServer()
                .getConnectionManager(EndpointQualifier.MEMBER)
                .get(member.getAddress())
            == null;
  }

  /** For how many milliseconds nothing was heard of a member; 0 if nothing ever was. */
  long silence(Member member) {
    long heard =
        engine
            .getNode()
            .getClusterService()
            .getClusterHeartbeatManager()
            .getLastHeartbeatTime(member);
    return heard > 0 ? Clock.currentTimeMillis() - heard : 0;
  }
}
