package io.dispatcher.node;

import com.hazelcast.cluster.InitialMembershipEvent;
import com.hazelcast.cluster.InitialMembershipListener;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.core.IExecutorService;
import com.hazelcast.durableexecutor.DurableExecutorService;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One of Hazelcast's own executors as a side of the bench, on a plain Hazelcast member beside ours
 * in the same process. All settings are Hazelcast's defaults but those that help it: its results
 * come back on an explicit executor and not on a new thread each, its pool has as many threads as
 * there are cores (its default of 16 did worse), its task is serialised in the cheapest way, and
 * the durable one has room enough to refuse nothing.
 */
final class HazelcastRival implements Side {
  private static final String EXECUTOR = "bench";
  private static final String WORK = "work";
  static final int POOL = Math.max(2, Runtime.getRuntime().availableProcessors());
  private static final int BLOCKING_THREADS = 64;
  private static final int DURABLE_CAPACITY = 1000;
  static final long JOIN_SECONDS = 60;
  private static final int FACTORY = 7001;

  private final Executor callbacks;
  private final List<Member> members;
  private final IExecutorService executor;
  private final @Nullable DurableExecutorService durable;

  /** The durable one blocks in each submit: only many threads can fill a window. */
  private final ExecutorService blocking;

  private HazelcastRival(Rival kind, HazelcastInstance hazelcast, Executor callbacks) {
    this.callbacks = callbacks;
    members = new ArrayList<>(hazelcast.getCluster().getMembers());
    executor = hazelcast.getExecutorService(EXECUTOR);
    blocking = Executors.newFixedThreadPool(BLOCKING_THREADS);
    durable =
        kind == Rival.HAZELCAST_DURABLE ? hazelcast.getDurableExecutorService(EXECUTOR) : null;
  }

  /** Starts a member on one of the ports and waits for those on the others. */
  static HazelcastRival start(
      Rival kind, BenchWork work, int index, List<Integer> ports, Executor callbacks)
      throws InterruptedException {
    HazelcastInstance hazelcast =
        Hazelcast.newHazelcastInstance(config(new NodeWork(work, index), ports, index));
    CountDownLatch joined = new CountDownLatch(ports.size());
    // Told of the members that are there, then of those that come.
    hazelcast.getCluster().addMembershipListener(new Joins(joined));
    if (!joined.await(JOIN_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "the rival's members did not find each other within " + JOIN_SECONDS + " s");
    }
    return new HazelcastRival(kind, hazelcast, callbacks);
  }

  @Override
  public void submit(long number, byte[] payload, Done done) {
    if (durable == null) {
      submitNow(number, payload, done);
    } else {
      blocking.execute(() -> submitNow(number, payload, done));
    }
  }

  private void submitNow(long number, byte[] payload, Done done) {
    try {
      result(number, new RivalTask(payload)).whenCompleteAsync(done::done, callbacks);
    } catch (RuntimeException e) {
      done.done(null, e);
    }
  }

  /** Members take turns, this one included: the remote share of an even balancer. */
  @SuppressWarnings("unchecked") // the executor's future is a stage since Hazelcast 4.1
  private CompletionStage<byte[]> result(long number, RivalTask task) {
    if (durable != null) {
      return durable.submitToKeyOwner(task, number);
    }
    Member member = members.get((int) (number % members.size()));
    return (CompletionStage<byte[]>) executor.submitToMember(task, member);
  }

  private static Config config(NodeWork work, List<Integer> ports, int index) {
    Config config = member("bench-rival-" + ports.get(0), ports, ports.get(index));
    config.getUserContext().put(WORK, work);
    config.getSerializationConfig().addDataSerializableFactory(FACTORY, id -> new RivalTask());
    config.getExecutorConfig(EXECUTOR).setPoolSize(POOL);
    config
        .getDurableExecutorConfig(EXECUTOR)
        .setPoolSize(POOL)
        .setCapacity(DURABLE_CAPACITY)
        .setDurability(1);
    return config;
  }

  /** A plain member on the loopback interface that finds those on the other ports. */
  static Config member(String cluster, List<Integer> members, int port) {
    Config config = new Config();
    config.setClusterName(cluster);
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.getNetworkConfig().setPort(port).setPortAutoIncrement(false);
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true);
    members.forEach(each -> join.getTcpIpConfig().addMember("127.0.0.1:" + each));
    return config;
  }

  /** What a member does with a payload. */
  private record NodeWork(BenchWork work, int index) {}

  /** Counts members. */
  record Joins(CountDownLatch joined) implements InitialMembershipListener {
    @Override
    public void init(InitialMembershipEvent event) {
      event.getMembers().forEach(member -> joined.countDown());
    }

    @Override
    public void memberAdded(MembershipEvent event) {
      joined.countDown();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {}
  }

  /** The task as the rival carries it. */
  static final class RivalTask
      implements Callable<byte[]>, IdentifiedDataSerializable, HazelcastInstanceAware {
    private byte[] payload;
    private @Nullable NodeWork node;

    RivalTask() {
      this(new byte[0]);
    }

    RivalTask(byte[] payload) {
      this.payload = payload;
    }

    @Override
    public byte[] call() {
      if (node == null) {
        throw new IllegalStateException("the task does not know its node");
      }
      return node.work().run(payload, node.index());
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcast) {
      node = (NodeWork) hazelcast.getUserContext().get(WORK);
    }

    @Override
    public int getFactoryId() {
      return FACTORY;
    }

    @Override
    public int getClassId() {
      return 1;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
      out.writeByteArray(payload);
    }

    @Override
    @SuppressWarnings("NullAway") // writeData never writes null
    public void readData(ObjectDataInput in) throws IOException {
      payload = in.readByteArray();
    }
  }
}
