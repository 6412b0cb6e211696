package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.config.TcpIpConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Standing;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One Hazelcast member with the settings that the promises rest on, its ledger and membership. */
public final class HazelcastNode implements BusMember {

  private static final Logger log = LoggerFactory.getLogger(HazelcastNode.class);

  private static final String PARALLELISM = "java.util.concurrent.ForkJoinPool.common.parallelism";
  static final String MERGE_FIRST = "hazelcast.merge.first.run.delay.seconds";
  static final String MERGE_NEXT = "hazelcast.merge.next.run.delay.seconds";

  /** Ten years. */
  private static final String NEVER = "315360000";

  private static final int SAFE_SECONDS = 10;
  private static final String PROTECTION = "dispatcher.majority";

  private final HazelcastInstance instance;
  private final HazelcastMembership membership;
  private final HazelcastLedger ledger;
  private final boolean owned;
  private volatile @Nullable Brought brought;

  private HazelcastNode(
      HazelcastInstance instance,
      HazelcastMembership membership,
      HazelcastLedger ledger,
      boolean owned) {
    this.instance = instance;
    this.membership = membership;
    this.ledger = ledger;
    this.owned = owned;
  }

  /**
   * Starts a member and joins the cluster. Blocks until it is accepted; a majority need not be
   * there.
   *
   * @throws JoinRefused if the cluster has no place for this node
   */
  public static HazelcastNode start(HazelcastSettings settings) {
    return start(settings, null);
  }

  /**
   * As {@link #start(HazelcastSettings)}, after this node has left another part of the cluster.
   *
   * @param left what {@link #leave} returned
   */
  public static HazelcastNode start(HazelcastSettings settings, @Nullable Left left) {
    prepareCommonPool();
    Brought brought = left == null ? null : left.brought;
    HazelcastInstance instance =
        listening(
            brought == null
                ? settings
                : settings.with(Roster.BRINGS, Long.toString(brought.era())));
    try {
      Standing before = left == null ? Standing.NONE : left.standing;
      HazelcastNode node = join(instance, settings.size(), settings.patience(), before, true);
      announce(settings);
      if (brought != null) {
        node.restore(brought);
      }
      return node;
    } catch (RuntimeException | Error failed) {
      instance.getLifecycleService().terminate();
      throw failed;
    }
  }

  private static HazelcastInstance listening(HazelcastSettings settings) {
    try {
      return Hazelcast.newHazelcastInstance(configure(new Config(), settings));
    } catch (HazelcastException failed) {
      throw new IllegalStateException(
          "cannot listen for members on %s:%d (cluster.bind, cluster.port): %s"
              .formatted(settings.bind(), settings.port(), failed.getMessage()),
          failed);
    }
  }

  /**
   * Uses a member that the application started from a {@linkplain #configure configured} Config.
   * Closing this node leaves it running. Blocks until the cluster accepts the node, as {@link
   * #start} does.
   *
   * @throws IllegalArgumentException if one of its settings voids a promise
   * @throws JoinRefused if the cluster has no place for this node
   */
  public static HazelcastNode of(HazelcastInstance instance) {
    List<String> faults = HazelcastChecks.check(instance);
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(
          "This Hazelcast instance cannot keep the promises: start it from a Config that"
              + " HazelcastNode.configure has prepared. "
              + String.join("; ", faults));
    }
    String size = instance.getCluster().getLocalMember().getAttribute(Roster.SIZE);
    Duration detection = HazelcastChecks.detection(instance.getConfig());
    return join(
        instance,
        Integer.parseInt(size),
        HazelcastSettings.patience(detection),
        Standing.NONE,
        false);
  }

  private static HazelcastNode join(
      HazelcastInstance instance, int size, Duration patience, Standing before, boolean owned) {
    LedgerHost host = LedgerHost.of(instance);
    Accepted accepted = awaitAcceptance(instance, size, patience);
    io.dispatcher.cluster.Member self = accepted.self();
    if (self.is(Role.STORE) && instance.getCluster().getLocalMember().isLiteMember()) {
      promote(instance);
    }
    HazelcastMembership membership =
        new HazelcastMembership(instance, host, self, size, accepted.after(before));
    HazelcastLedger ledger = new HazelcastLedger(instance, host, membership, self.is(Role.STORE));
    membership.awaitOpen();
    return new HazelcastNode(instance, membership, ledger, owned);
  }

  /** What a node takes along from one part of the cluster to another. */
  public static final class Left {
    private final @Nullable Brought brought;
    private final Standing standing;

    private Left(@Nullable Brought brought, Standing standing) {
      this.brought = brought;
      this.standing = standing;
    }
  }

  /**
   * Leaves this part of the cluster at once, to {@linkplain #start(HazelcastSettings, Left) join}
   * another as a new incarnation.
   */
  public Left leave() {
    boolean store = membership.self().is(Role.STORE);
    boolean any = membership.era() > 0 || brought != null;
    Brought held =
        store && any ? Brought.of(instance, membership.self().peer().incarnation(), brought) : null;
    terminate();
    return new Left(held, membership.standing());
  }

  private void restore(Brought held) {
    brought = held;
    Thread thread =
        new Thread(
            () -> {
              try {
                held.restore(instance, membership);
                brought = null;
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException failed) {
                log.error("What this node had brought along was not put back", failed);
              }
            },
            "dispatcher-restore");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * This node has a place.
   *
   * @param waited until an earlier node of its name was gone
   */
  private record Accepted(io.dispatcher.cluster.Member self, boolean waited) {

    Standing after(Standing before) {
      long restarts = before.quickRestarts() + (waited ? 1 : 0);
      return new Standing(before.era(), before.lostMajorities(), restarts);
    }
  }

  /** A refused node may only be too early: its old incarnation has not been removed yet. */
  private static Accepted awaitAcceptance(HazelcastInstance instance, int size, Duration patience) {
    long start = System.nanoTime();
    boolean told = false;
    boolean waited = false;
    while (true) {
      Member local = instance.getCluster().getLocalMember();
      Roster roster = Roster.of(instance.getCluster().getMembers(), size);
      io.dispatcher.cluster.Member accepted = roster.accepted().get(local.getUuid());
      if (accepted != null) {
        return new Accepted(accepted, waited);
      }
      Roster.Refusal refusal = roster.refused().get(local.getUuid());
      String why = refusal == null ? "this node is not in its own member list" : refusal.why();
      boolean passing = refusal == null || refusal.passing();
      if (!passing || System.nanoTime() - start >= patience.toNanos()) {
        throw new JoinRefused(why);
      }
      waited |= refusal != null && refusal.named();
      if (!told) {
        told = true;
        log.info("{}. Waiting up to {} s for a place", why, patience.toSeconds());
      }
      pause(instance);
    }
  }

  /** Makes a data member of the lite one: until a node is accepted no data must move to it. */
  private static void promote(HazelcastInstance instance) {
    long start = System.nanoTime();
    while (true) {
      try {
        instance.getCluster().promoteLocalLiteMember();
        return;
      } catch (RuntimeException notNow) {
        if (!instance.getCluster().getLocalMember().isLiteMember()) {
          return;
        }
        // The oldest member may just be changing.
        if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(60)) {
          throw notNow;
        }
        pause(instance);
      }
    }
  }

  private static void pause(HazelcastInstance instance) {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while joining", interrupted);
    }
    if (!instance.getLifecycleService().isRunning()) {
      throw new IllegalStateException("Hazelcast stopped while joining");
    }
  }

  static void prepareCommonPool() {
    if (Runtime.getRuntime().availableProcessors() > 2) {
      return;
    }
    if (System.getProperty(PARALLELISM) == null) {
      System.setProperty(PARALLELISM, "2");
    }
    if (ForkJoinPool.getCommonPoolParallelism() < 2) {
      log.warn(
          "The common pool has {} thread: Hazelcast will start a thread for many a callback."
              + " Start the JVM with -D{}=2",
          ForkJoinPool.getCommonPoolParallelism(),
          PARALLELISM);
    }
  }

  private static void announce(HazelcastSettings settings) {
    switch (settings.size()) {
      case 1 -> log.info("cluster.size is 1: nothing survives the end of this process");
      case 2 -> log.warn("cluster.size is 2: after one death no task is accepted");
      default -> {}
    }
  }

  /** The number of synchronous backups that a cluster of this size keeps. */
  static int backups(int size) {
    return size / 2;
  }

  /** The properties that the promises rest on, and their values. */
  static Map<String, String> promised(Duration detection) {
    Map<String, String> properties = new TreeMap<>();
    properties.put("hazelcast.operation.fail.on.indeterminate.state", "true");
    properties.put("hazelcast.operation.backup.timeout.millis", "1000");
    properties.put("hazelcast.operation.call.timeout.millis", "15000");
    properties.put("hazelcast.heartbeat.interval.seconds", "1");
    properties.put(
        "hazelcast.max.no.heartbeat.seconds", Long.toString(Math.max(1, detection.toSeconds())));
    properties.put("hazelcast.partial.member.disconnection.resolution.heartbeat.count", "3");
    // It is the number of tries as well, a retry pause apart: 6 s. So long has whoever misses the
    // oldest member first to wait for the others, or it goes on without them and has no majority.
    properties.put("hazelcast.mastership.claim.timeout.seconds", "120");
    // Hazelcast's own merge knows no eras: OtherParts decides who goes where.
    properties.put(MERGE_FIRST, NEVER);
    properties.put(MERGE_NEXT, NEVER);
    properties.put("hazelcast.socket.bind.any", "false");
    // Each partition that lost a copy gets a new one by a migration of its own, and until then its
    // tasks wait: with Hazelcast's 271 partitions a re-start took twice as long.
    properties.put("hazelcast.partition.count", "71");
    properties.put("hazelcast.shutdownhook.enabled", "false");
    properties.put("hazelcast.phone.home.enabled", "false");
    return properties;
  }

  /**
   * Puts into a Config all that the promises rest on. An application that starts its own member
   * does this first, and hands the member to {@link #of} before it keeps data of its own in it: a
   * store node starts as a lite member, and is promoted once it is accepted.
   */
  public static Config configure(Config config, HazelcastSettings settings) {
    Roster.attributes(settings).forEach(config.getMemberAttributeConfig()::setAttribute);
    settings.attributes().forEach(config.getMemberAttributeConfig()::setAttribute);
    return shared(config, settings);
  }

  /** What every member of the cluster has, node or not. */
  static Config shared(Config config, HazelcastSettings settings) {
    BusMaps.configure(config, settings);
    config.setClusterName(settings.cluster());
    config.setInstanceName(
        settings.cluster()
            + "/"
            + settings.node()
            + "/"
            + Long.toHexString(settings.incarnation()));
    config.setLiteMember(true);
    config.setProperty("hazelcast.logging.type", "slf4j");
    // A member that is still joining misses the list it is sent: it fails to start, or keeps an old
    // list until the next one, which would come after a minute.
    config.setProperty("hazelcast.member.list.publish.interval.seconds", "1");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.socket.connect.timeout.seconds", "3");
    config.setProperty("hazelcast.graceful.shutdown.max.wait", "15");
    // A process that ended refuses connections: asking it thrice, not four times every 100 ms.
    config.setProperty("hazelcast.connection.monitor.interval", "50");
    config.setProperty("hazelcast.connection.monitor.max.faults", "2");
    // What meets a partition on its way to another member tries again soon, not after 500 ms.
    config.setProperty("hazelcast.invocation.retry.pause.millis", "50");
    config.setProperty("hazelcast.invocation.max.retry.count", "1000");
    // Nothing of ours expires but by the net; every five seconds in all partitions is for nobody.
    config.setProperty("hazelcast.internal.map.expiration.task.period.seconds", "60");
    // What only watches and counts, for nobody: an idle node shall cost next to nothing.
    config.setProperty("hazelcast.network.stats.refresh.interval.seconds", "60");
    config.setProperty("hazelcast.slow.operation.detector.enabled", "false");
    config.setProperty("hazelcast.health.monitoring.level", "OFF");
    config.getCRDTReplicationConfig().setReplicationPeriodMillis(60_000);
    // Ours is one stream of small calls: fewer threads mean fewer hops between them.
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    config.setProperty("hazelcast.io.thread.count", String.valueOf(Math.min(3, threads)));
    // With few cores an answer is handled by the thread that read it, one hop less: all that waits
    // for one here only posts a turn.
    config.setProperty("hazelcast.operation.response.thread.count", threads > 2 ? "2" : "0");
    settings.properties().forEach(config::setProperty);
    promised(settings.detection()).forEach(config::setProperty);
    config.getJetConfig().setEnabled(false);
    config.getMetricsConfig().setEnabled(false);
    network(config.getAdvancedNetworkConfig(), settings);
    config
        .getSerializationConfig()
        .addDataSerializableFactory(Serials.FACTORY, new Serials())
        .setJavaSerializationFilterConfig(
            new JavaSerializationFilterConfig()
                .setDefaultsDisabled(true)
                .setWhitelist(
                    new ClassFilter()
                        .addPrefixes(
                            "com.hazelcast.",
                            "java.lang.",
                            "java.util.",
                            "java.io.",
                            "[",
                            "io.vertx.spi.cluster.hazelcast.",
                            "io.dispatcher.hazelcast.")));
    MapConfig map =
        new MapConfig(LedgerHost.MAP)
            .setInMemoryFormat(InMemoryFormat.OBJECT)
            .setBackupCount(backups(settings.size()))
            .setAsyncBackupCount(0)
            .setReadBackupData(false)
            .setStatisticsEnabled(false)
            .setPerEntryStatsEnabled(false)
            .setMergePolicyConfig(new MergePolicyConfig(HigherVersionMerge.class.getName(), 100));
    map.getEvictionConfig().setEvictionPolicy(EvictionPolicy.NONE);
    if (settings.size() > 1) {
      map.setSplitBrainProtectionName(PROTECTION);
      config.addSplitBrainProtectionConfig(
          new SplitBrainProtectionConfig(PROTECTION, true)
              .setProtectOn(SplitBrainProtectionOn.READ_WRITE)
              .setMinimumClusterSize(Roster.majority(settings.size()))
              .setFunctionImplementation(new MajorityOfStores(settings.size())));
    }
    config.addMapConfig(map);
    return config;
  }

  private static void network(AdvancedNetworkConfig network, HazelcastSettings settings) {
    String address;
    try {
      address = InetAddress.getByName(settings.bind()).getHostAddress();
    } catch (UnknownHostException unknown) {
      throw new IllegalArgumentException(
          "cluster.bind is " + settings.bind() + ", which is no known host", unknown);
    }
    ServerSocketEndpointConfig endpoint =
        new ServerSocketEndpointConfig()
            .setPort(settings.port())
            .setPortAutoIncrement(false)
            .setReuseAddress(true);
    endpoint.getInterfaces().setEnabled(true).addInterface(address);
    network.setEnabled(true).setMemberEndpointConfig(endpoint);
    JoinConfig join = network.getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    TcpIpConfig list = join.getTcpIpConfig().setEnabled(true);
    settings.members().forEach(list::addMember);
  }

  @Override
  public HazelcastInstance instance() {
    return instance;
  }

  /** The ledger on this member. */
  public HazelcastLedger ledger() {
    return ledger;
  }

  /** The nodes as this member sees them. */
  public HazelcastMembership membership() {
    return membership;
  }

  /** The name of the cluster; only nodes with the same name meet. */
  public String cluster() {
    return instance.getConfig().getClusterName();
  }

  /** Where other members reach this one. */
  public InetSocketAddress address() {
    return instance.getCluster().getLocalMember().getSocketAddress();
  }

  /**
   * Calls back, at most once, when this node can reach a part of the cluster that knows more than
   * the one it is in: it has to {@link #leave}, and to start anew.
   */
  public void onSuperseded(Runnable listener) {
    membership.onSuperseded(listener);
  }

  /** Leaves the cluster, after its data has moved to others. Blocks. */
  @Override
  public void close() {
    ledger.close();
    membership.close();
    if (owned) {
      if (membership.self().is(Role.STORE)
          && !instance
              .getPartitionService()
              .forceLocalMemberToBeSafe(SAFE_SECONDS, TimeUnit.SECONDS)) {
        log.warn("{} leaves before all copies of its data are in place", membership.self().peer());
      }
      // Its part of the data moves to others before it goes.
      instance.shutdown();
    }
  }

  /** Stops at once, as if the process died; for tests and emergencies. */
  public void terminate() {
    ledger.close();
    membership.close();
    instance.getLifecycleService().terminate();
  }

  @Override
  public String toString() {
    @Nullable Object self = membership.self().peer();
    return "HazelcastNode " + self;
  }
}
