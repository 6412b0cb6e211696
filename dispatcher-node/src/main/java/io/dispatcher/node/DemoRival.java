package io.dispatcher.node;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.BuildInfoProvider;
import io.dispatcher.cluster.LoopbackPorts;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The demo's files and kill once more, on Hazelcast's own executor. */
final class DemoRival {
  private static final String EXECUTOR = "demo";

  private DemoRival() {}

  static DemoCalls.Totals run(
      ChildNodes nodes, int count, DemoInput input, Duration length, DemoReport report)
      throws InterruptedException {
    report.say("");
    report.event("the same files and the same kill on IExecutorService: %d members start", count);
    DemoTally tally = new DemoTally(count);
    List<Integer> ports = LoopbackPorts.free(count + 1);
    List<Integer> members = ports.subList(0, count);
    for (int i = 0; i < count; i++) {
      nodes.start(
          Topology.name(i),
          List.of("demo-rival-node", "--index=" + i, "--ports=" + LoopbackPorts.text(members)),
          (node, event) -> tally.started(node, DemoTally.Start.of(event)));
    }
    nodes.awaitReady();
    HazelcastInstance caller =
        Hazelcast.newHazelcastInstance(config(members, ports.get(count)).setLiteMember(true));
    ExecutorService callbacks = Executors.newSingleThreadExecutor();
    try {
      awaitMembers(caller, count + 1);
      DemoCalls calls = new DemoCalls(caller.getExecutorService(EXECUTOR), callbacks, tally);
      report.event("all are there; this process submits and waits, as before");
      new DemoRun(input, length, nodes.all(), tally, report).run(calls);
      DemoCalls.Totals totals = calls.totals();
      tell(totals, report);
      return totals;
    } finally {
      caller.getLifecycleService().terminate();
      callbacks.shutdown();
    }
  }

  /** Defaults, but for as many threads as there are cores, which served it best. */
  static Config config(List<Integer> members, int port) {
    Config config = HazelcastRival.member("demo-rival-" + members.get(0), members, port);
    config.getExecutorConfig(EXECUTOR).setPoolSize(HazelcastRival.POOL);
    return config;
  }

  private static void awaitMembers(HazelcastInstance caller, int count)
      throws InterruptedException {
    CountDownLatch joined = new CountDownLatch(count);
    caller.getCluster().addMembershipListener(new HazelcastRival.Joins(joined));
    if (!joined.await(HazelcastRival.JOIN_SECONDS, TimeUnit.SECONDS)) {
      throw new RunFailed(
          "the members of the comparison did not find each other within "
              + HazelcastRival.JOIN_SECONDS
              + " s");
    }
  }

  private static void tell(DemoCalls.Totals totals, DemoReport report) {
    report.say("");
    report.say(
        "IExecutorService of Hazelcast %s, default settings, a thread per core:",
        BuildInfoProvider.getBuildInfo().getVersion());
    report.say("calls           %,8d", totals.calls());
    report.say("answered        %,8d", totals.answered());
    report.say(
        "failed          %,8d  (%s)",
        totals.failed(),
        totals.error() == null ? "no caller got an exception" : "callers got " + totals.error());
    report.say("unanswered      %,8d", totals.unanswered());
    report.say("wrong           %,8d", totals.wrong());
    report.say("started twice   %,8d", totals.startedTwice());
    report.say(
        "To be fair: submit() leaves the member to Hazelcast, which then sends a call again");
    report.say("when that member dies, for as long as the caller itself lives. A call is recorded");
    report.say(
        "nowhere: it ends with its caller. Not compared here: a dead caller, a frozen member.");
  }
}
