package io.dispatcher.hazelcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.cluster.Cluster;
import com.hazelcast.cluster.Member;
import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.IndexConfig;
import com.hazelcast.config.IndexType;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each setting that would void a promise is named, with what was found and what is needed. */
class HazelcastChecksTest {

  private static final String MAP = "map dispatcher.ledger ";

  @Test
  void aConfigMadeByTheLibraryIsFit() {
    assertEquals(List.of(), faults(config -> {}));
  }

  static List<Arguments> spoilt() {
    return List.of(
        spoilt(
            config -> config.setProperty("hazelcast.operation.fail.on.indeterminate.state", "no"),
            "hazelcast.operation.fail.on.indeterminate.state: found no, needed true"),
        spoilt(
            config -> config.setProperty("hazelcast.max.no.heartbeat.seconds", "301"),
            "hazelcast.max.no.heartbeat.seconds: found 301, needed at most 300"),
        spoilt(
            config -> config.setProperty("hazelcast.operation.backup.timeout.millis", "5001"),
            "hazelcast.operation.backup.timeout.millis: found 5001, needed at most 5000"),
        spoilt(
            config -> config.setProperty("hazelcast.merge.first.run.delay.seconds", "300"),
            "hazelcast.merge.first.run.delay.seconds: found 300, needed 315360000"),
        spoilt(
            config -> config.setProperty("hazelcast.shutdownhook.enabled", "true"),
            "hazelcast.shutdownhook.enabled: found true, needed false"),
        ledger(
            map -> map.setInMemoryFormat(InMemoryFormat.BINARY),
            "in-memory-format: found BINARY, needed OBJECT"),
        ledger(map -> map.setBackupCount(0), "backup-count: found 0, needed 1"),
        ledger(map -> map.setAsyncBackupCount(1), "async-backup-count: found 1, needed 0"),
        ledger(
            map -> map.getEvictionConfig().setEvictionPolicy(EvictionPolicy.LRU),
            "eviction-policy: found LRU, needed NONE"),
        ledger(map -> map.setTimeToLiveSeconds(60), "time-to-live-seconds: found 60, needed 0"),
        ledger(map -> map.setMaxIdleSeconds(60), "max-idle-seconds: found 60, needed 0"),
        ledger(
            map -> map.addIndexConfig(new IndexConfig(IndexType.HASH, "owner")),
            "indexes: found 1, needed 0"),
        ledger(
            map -> map.setMergePolicyConfig(new MergePolicyConfig("DiscardMergePolicy", 100)),
            "merge-policy: found DiscardMergePolicy, needed " + HigherVersionMerge.class.getName()),
        ledger(
            map -> map.setSplitBrainProtectionName(null),
            "split-brain-protection: found none, needed a majority of 3 stores"),
        spoilt(
            config -> protection(config).setProtectOn(SplitBrainProtectionOn.WRITE),
            MAP + "split-brain-protection protect-on: found WRITE, needed READ_WRITE"),
        spoilt(
            config -> protection(config).setFunctionImplementation(null),
            MAP
                + "split-brain-protection function: found null, needed the one that"
                + " HazelcastNode.configure adds"),
        spoilt(
            config -> config.getSerializationConfig().setJavaSerializationFilterConfig(null),
            "serialization.java-serialization-filter: found none, needed an allow-list"),
        spoilt(
            config -> config.getSerializationConfig().setDataSerializableFactories(Map.of()),
            "serialization.data-serializable-factory "
                + Serials.FACTORY
                + ": found none, needed the one that HazelcastNode.configure adds"),
        spoilt(
            config -> config.getMemberAttributeConfig().removeAttribute(Roster.INCARNATION),
            "member-attribute dispatcher.incarnation: found none, needed a value"),
        spoilt(
            config -> config.getMemberAttributeConfig().setAttribute(Roster.SIZE, "three"),
            "member-attribute dispatcher.size: found three, needed a number"));
  }

  @ParameterizedTest
  @MethodSource("spoilt")
  void aSpoiltSettingIsNamed(Consumer<Config> spoil, String fault) {
    assertEquals(List.of(fault), faults(spoil));
  }

  @Test
  void aBareMemberIsToldEverythingAtOnce() {
    List<String> faults = HazelcastChecks.check(member(new Config()));

    assertTrue(faults.size() > 10, faults::toString);
    faults.forEach(fault -> assertTrue(fault.matches(".+: found .+, needed .+"), fault));
  }

  private static Arguments spoilt(Consumer<Config> spoil, String fault) {
    return Arguments.of(spoil, fault);
  }

  private static Arguments ledger(Consumer<MapConfig> spoil, String fault) {
    return spoilt(config -> spoil.accept(config.getMapConfig(LedgerHost.MAP)), MAP + fault);
  }

  private static SplitBrainProtectionConfig protection(Config config) {
    return config.getSplitBrainProtectionConfigs().values().iterator().next();
  }

  private static List<String> faults(Consumer<Config> spoil) {
    HazelcastSettings settings =
        HazelcastSettings.builder("c", "n").members(List.of("a", "b", "c")).build();
    Config config = HazelcastNode.configure(new Config(), settings);
    spoil.accept(config);
    return HazelcastChecks.check(member(config));
  }

  /** What the checks look at, without the seconds that a real one takes. */
  private static HazelcastInstance member(Config config) {
    Member local =
        stub(
            Member.class,
            Map.of(
                "getAttribute",
                name -> config.getMemberAttributeConfig().getAttribute((String) name)));
    Cluster cluster = stub(Cluster.class, Map.of("getLocalMember", none -> local));
    return stub(
        HazelcastInstance.class,
        Map.of("getConfig", none -> config, "getCluster", none -> cluster));
  }

  private interface Answer {
    Object to(Object argument);
  }

  private static <T> T stub(Class<T> type, Map<String, Answer> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              Answer answer = answers.get(method.getName());
              if (answer == null) {
                throw new UnsupportedOperationException(method.toString());
              }
              return answer.to(arguments == null ? null : arguments[0]);
            }));
  }
}
