package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.spi.properties.HazelcastProperties;
import com.hazelcast.spi.properties.HazelcastProperty;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out which settings of an application's own Hazelcast member would void a promise. */
public final class HazelcastChecks {

  private static final String DETECTION = "hazelcast.max.no.heartbeat.seconds";

  /** Hazelcast's own. */
  private static final int DETECTION_PRESET = 60;

  /** Wished for on members we start, but no promise rests on them. */
  private static final Set<String> HARMLESS =
      Set.of(
          "hazelcast.phone.home.enabled",
          "hazelcast.partition.count",
          "hazelcast.socket.bind.any",
          "hazelcast.mastership.claim.timeout.seconds",
          DETECTION,
          "hazelcast.heartbeat.interval.seconds",
          "hazelcast.operation.call.timeout.millis",
          "hazelcast.operation.backup.timeout.millis");

  private static final int MAX_DETECTION_SECONDS = 300;

  private HazelcastChecks() {}

  /**
   * Looks at a running member.
   *
   * @return one line for each fault, {@code property: found X, needed Y}; empty if it is fit
   */
  public static List<String> check(HazelcastInstance instance) {
    List<String> faults = new ArrayList<>();
    Config config = instance.getConfig();
    HazelcastProperties properties = new HazelcastProperties(config.getProperties());
    Map<String, String> promised = MemberConfig.promised(Duration.ofSeconds(5));
    promised.forEach(
        (name, needed) -> {
          if (!HARMLESS.contains(name)) {
            expect(faults, name, value(properties, name), needed);
          }
        });
    below(faults, properties, DETECTION, DETECTION_PRESET, MAX_DETECTION_SECONDS);
    below(faults, properties, "hazelcast.heartbeat.interval.seconds", 5, 2);
    below(faults, properties, "hazelcast.operation.backup.timeout.millis", 5000, 5000);
    below(faults, properties, "hazelcast.operation.call.timeout.millis", 60000, 60000);
    Member local = instance.getCluster().getLocalMember();
    for (String attribute : List.of(Roster.NODE, Roster.INCARNATION, Roster.ROLES, Roster.SIZE)) {
      if (local.getAttribute(attribute) == null) {
        faults.add("member-attribute " + attribute + ": found none, needed a value");
      }
    }
    String size = local.getAttribute(Roster.SIZE);
    if (size != null && size(local) == 0) {
      faults.add("member-attribute " + Roster.SIZE + ": found " + size + ", needed a number");
    }
    if (!config
        .getSerializationConfig()
        .getDataSerializableFactories()
        .containsKey(Serials.FACTORY)) {
      faults.add(
          "serialization.data-serializable-factory "
              + Serials.FACTORY
              + ": found none, needed the one that HazelcastNode.configure adds");
    }
    if (config.getSerializationConfig().getJavaSerializationFilterConfig() == null) {
      faults.add("serialization.java-serialization-filter: found none, needed an allow-list");
    }
    map(faults, config, size(local));
    return faults;
  }

  /** How long a silent member stays in the cluster. */
  static Duration detection(Config config) {
    HazelcastProperties properties = new HazelcastProperties(config.getProperties());
    return Duration.ofSeconds(
        properties.getInteger(new HazelcastProperty(DETECTION, DETECTION_PRESET)));
  }

  private static void map(List<String> faults, Config config, int size) {
    MapConfig map = config.findMapConfig(LedgerHost.MAP);
    String name = "map " + LedgerHost.MAP + " ";
    expect(faults, name + "in-memory-format", map.getInMemoryFormat(), InMemoryFormat.OBJECT);
    expect(faults, name + "async-backup-count", map.getAsyncBackupCount(), 0);
    expect(
        faults,
        name + "eviction-policy",
        map.getEvictionConfig().getEvictionPolicy(),
        EvictionPolicy.NONE);
    expect(faults, name + "time-to-live-seconds", map.getTimeToLiveSeconds(), 0);
    expect(faults, name + "max-idle-seconds", map.getMaxIdleSeconds(), 0);
    expect(faults, name + "indexes", map.getIndexConfigs().size(), 0);
    expect(
        faults,
        name + "merge-policy",
        map.getMergePolicyConfig().getPolicy(),
        HigherVersionMerge.class.getName());
    if (size == 0) {
      return;
    }
    expect(faults, name + "backup-count", map.getBackupCount(), MemberConfig.backups(size));
    if (size == 1) {
      return;
    }
    String protection = map.getSplitBrainProtectionName();
    SplitBrainProtectionConfig found =
        protection == null ? null : config.getSplitBrainProtectionConfigs().get(protection);
    if (found == null || !found.isEnabled()) {
      faults.add(
          name + "split-brain-protection: found none, needed a majority of " + size + " stores");
      return;
    }
    expect(
        faults,
        name + "split-brain-protection protect-on",
        found.getProtectOn(),
        SplitBrainProtectionOn.READ_WRITE);
    if (!(found.getFunctionImplementation() instanceof MajorityOfStores)) {
      faults.add(
          name
              + "split-brain-protection function: found "
              + found.getFunctionImplementation()
              + ", needed the one that HazelcastNode.configure adds");
    }
  }

  private static int size(Member local) {
    String size = local.getAttribute(Roster.SIZE);
    try {
      return size == null ? 0 : Integer.parseInt(size);
    } catch (NumberFormatException malformed) {
      return 0;
    }
  }

  private static void expect(List<String> faults, String name, Object found, Object needed) {
    if (!Objects.equals(found, needed)) {
      faults.add(name + ": found " + found + ", needed " + needed);
    }
  }

  private static void below(
      List<String> faults, HazelcastProperties properties, String name, int preset, int most) {
    int found = properties.getInteger(new HazelcastProperty(name, preset));
    if (found > most) {
      faults.add(name + ": found " + found + ", needed at most " + most);
    }
  }

  private static String value(HazelcastProperties properties, String name) {
    @Nullable String found = properties.getString(new HazelcastProperty(name));
    return found == null ? "the default" : found;
  }
}
