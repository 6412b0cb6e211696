package io.dispatcher.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;

/**
 * A Hazelcast member that is no node: it keeps no data, runs nothing, and comes and goes without
 * anybody's notice. Applications that only use the event bus join with it.
 */
public final class HazelcastGuest implements BusMember {

  private final HazelcastInstance instance;

  private HazelcastGuest(HazelcastInstance instance) {
    this.instance = instance;
  }

  /**
   * Starts the member. Blocks. Roles, labels, zone and attributes of the settings are not used.
   *
   * @throws IllegalStateException if it cannot listen
   */
  public static HazelcastGuest start(HazelcastSettings settings) {
    HazelcastNode.prepareCommonPool();
    Config config = MemberConfig.shared(new Config(), settings);
    // It has nothing that a merge could harm.
    config.setProperty(MemberConfig.MERGE_FIRST, "5");
    config.setProperty(MemberConfig.MERGE_NEXT, "5");
    config.getMemberAttributeConfig().setAttribute(Roster.GUEST, settings.node());
    try {
      return new HazelcastGuest(Hazelcast.newHazelcastInstance(config));
    } catch (HazelcastException failed) {
      throw new IllegalStateException(
          "cannot listen for members on %s:%d (cluster.bind, cluster.port): %s"
              .formatted(settings.bind(), settings.port(), failed.getMessage()),
          failed);
    }
  }

  @Override
  public HazelcastInstance instance() {
    return instance;
  }

  @Override
  public void close() {
    instance.shutdown();
  }
}
