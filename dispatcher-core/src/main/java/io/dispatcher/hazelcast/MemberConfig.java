package io.dispatcher.hazelcast;

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
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of Hazelcast that the promises rest on, and those that keep an idle node cheap and a
 * busy one quick.
 */
final class MemberConfig {

  static final String MERGE_FIRST = "hazelcast.merge.first.run.delay.seconds";
  static final String MERGE_NEXT = "hazelcast.merge.next.run.delay.seconds";

  /** Ten years. */
  private static final String NEVER = "315360000";

  private static final String PROTECTION = "dispatcher.majority";

  private MemberConfig() {}

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
    // Whoever sends writes to the socket itself, even if several threads have done so within 100
    // ms: waking an I/O thread for it took a sixth of the time of a quick task.
    config.setProperty("hazelcast.concurrent.window.ms", "0");
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
}
