package io.dispatcher.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;

/** What the cluster manager of a Vert.x keeps in Hazelcast: who listens to which address. */
final class BusMaps {

  private BusMaps() {}

  /**
   * Prepares a member for a Vert.x. Every member gets the attribute, with a Vert.x or without: one
   * that has none would keep the others from announcing their addresses anew when it leaves.
   */
  static void configure(Config config, HazelcastSettings settings) {
    config
        .getMemberAttributeConfig()
        .setAttribute(
            "__vertx.nodeId", settings.node() + "-" + Long.toHexString(settings.incarnation()));
    int backups = Math.max(1, MemberConfig.backups(settings.size()));
    config.addMultiMapConfig(
        new MultiMapConfig("__vertx.subs")
            .setBackupCount(backups)
            .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
    config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(backups));
  }
}
