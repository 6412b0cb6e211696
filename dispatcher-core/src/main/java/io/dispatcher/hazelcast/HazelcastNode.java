package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Standing;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One Hazelcast member with the settings that the promises rest on, its ledger and membership. */
public final class HazelcastNode implements BusMember {

  private static final Logger log = LoggerFactory.getLogger(HazelcastNode.class);

  private static final String PARALLELISM = "java.util.concurrent.ForkJoinPool.common.parallelism";
  private static final int SAFE_SECONDS = 10;

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

  /**
   * Puts into a Config all that the promises rest on. An application that starts its own member
   * does this first, and hands the member to {@link #of} before it keeps data of its own in it: a
   * store node starts as a lite member, and is promoted once it is accepted.
   */
  public static Config configure(Config config, HazelcastSettings settings) {
    Roster.attributes(settings).forEach(config.getMemberAttributeConfig()::setAttribute);
    settings.attributes().forEach(config.getMemberAttributeConfig()::setAttribute);
    return MemberConfig.shared(config, settings);
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
