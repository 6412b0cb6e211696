package io.dispatcher.hazelcast;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.NewestMap;
import io.dispatcher.cluster.Standing;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Membership as Hazelcast sees it. Hazelcast's listener shares its threads with others who block
 * them, so the member list is also read every 100 ms, on a thread of its own, which keeps the era
 * too. Thread-safe.
 */
public final class HazelcastMembership implements Membership, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HazelcastMembership.class);
  private static final long POLL_MILLIS = 100;
  private static final int MAX_GONE = 100_000;

  /** Of those that went earlier, events have long come. */
  private static final int MOST_DEPARTED = 1_024;

  private static final long OPEN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final HazelcastInstance instance;
  private final LedgerHost host;
  private final Member self;
  private final int size;
  private final Standing before;
  private final Thread thread;
  private final Object wake = new Object();

  private final Object lock = new Object();
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final EraKeeper eras;
  private final SuspectedMembers suspected;
  private final PausedMigrations migrations;
  private final OtherParts parts;
  private final List<Runnable> supersededListeners = new ArrayList<>();
  private final List<Consumer<Set<Integer>>> lossListeners = new CopyOnWriteArrayList<>();
  private final Set<Peer> gone = new HashSet<>();
  private List<Member> members = List.of();
  private volatile boolean superseded;
  private volatile boolean lostMajority;
  private Set<com.hazelcast.cluster.Member> lastSeen = Set.of();

  /**
   * Members that have gone lately, and whether the poll has seen since that there was no majority:
   * an event that says so comes too late.
   */
  private final Map<UUID, Boolean> departed = new NewestMap<>(MOST_DEPARTED);

  private volatile Roster roster;
  private volatile @Nullable String closedWhy;
  private volatile boolean closed;
  private final @Nullable UUID membershipListener;
  private final @Nullable UUID lifecycleListener;
  private final @Nullable UUID lossListener;

  private record Subscription(Executor executor, Consumer<List<Member>> listener) {}

  /**
   * @param before how this node stood before it became this peer
   */
  HazelcastMembership(
      HazelcastInstance instance, LedgerHost host, Member self, int size, Standing before) {
    this.before = before;
    this.instance = instance;
    this.host = host;
    this.self = self;
    this.size = size;
    this.roster = Roster.of(instance.getCluster().getMembers(), size);
    this.eras = new EraKeeper(host, self, size, this::lost);
    this.suspected = new SuspectedMembers(instance);
    this.migrations = new PausedMigrations(instance);
    host.part(this::part);
    host.open(eras::open);
    read();
    this.closedWhy = whyClosed();
    this.membershipListener = instance.getCluster().addMembershipListener(new Waker());
    this.lifecycleListener = instance.getLifecycleService().addLifecycleListener(this::onLifecycle);
    this.lossListener =
        instance
            .getPartitionService()
            .addPartitionLostListener(
                event -> {
                  if (event.getLostBackupCount() >= host.backups()) {
                    eras.partitionLost(event.getPartitionId());
                  }
                });
    this.thread = new Thread(this::run, "dispatcher-membership-" + self.peer().node());
    thread.setDaemon(true);
    thread.start();
    this.parts = new OtherParts(instance, self.peer().node(), this::part, this::superseded);
  }

  /** How this node's part of the cluster stands; null once this node has left it. */
  private @Nullable Part part() {
    if (closed || !instance.getLifecycleService().isRunning()) {
      return null;
    }
    Roster now = roster;
    com.hazelcast.cluster.Member first = instance.getCluster().getMembers().iterator().next();
    return new Part(
        host.era(),
        eras.open(),
        now.missing() == 0,
        now.stores(),
        first.getUuid(),
        first.localMember());
  }

  @Override
  public Member self() {
    return self;
  }

  @Override
  public void listen(Executor executor, Consumer<List<Member>> listener) {
    synchronized (lock) {
      Subscription subscription = new Subscription(executor, listener);
      subscriptions.add(subscription);
      deliver(subscription, members);
    }
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int copies() {
    return host.backups() + 1;
  }

  /** Grows with every change of the membership; -1 until this node has read it. */
  public long era() {
    long era = host.era();
    return era == 0 ? -1 : era;
  }

  @Override
  public Standing standing() {
    return new Standing(
        Math.max(before.era(), host.era()),
        before.lostMajorities() + eras.lostMajorities(),
        before.quickRestarts());
  }

  Roster roster() {
    return roster;
  }

  /** Waits a little for the era, which opens the ledger, if a majority is here. */
  void awaitOpen() {
    long end = System.nanoTime() + OPEN_NANOS;
    try {
      while (closedWhy != null && roster.missing() == 0 && System.nanoTime() < end) {
        wakeUp();
        TimeUnit.MILLISECONDS.sleep(5);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  EraKeeper eras() {
    return eras;
  }

  @Override
  public @Nullable String closed() {
    return closedWhy;
  }

  private @Nullable String whyClosed() {
    Roster now = roster;
    if (closed || superseded) {
      return "it joins its cluster again";
    }
    if (now.missing() > 0) {
      return host.era() == 0
          ? waiting(now)
          : "store %d of %d: no majority".formatted(now.stores(), now.size());
    }
    return eras.open()
        ? null
        : "store %d of %d: what each of them holds is being put together"
            .formatted(now.stores(), now.size());
  }

  /** Told the partitions of which no copy is left, once that is certain. */
  void onLoss(Consumer<Set<Integer>> listener) {
    lossListeners.add(listener);
  }

  private void lost(Set<Integer> partitions) {
    lossListeners.forEach(listener -> listener.accept(partitions));
  }

  void onSuperseded(Runnable listener) {
    boolean already;
    synchronized (lock) {
      already = superseded;
      if (!already) {
        supersededListeners.add(listener);
      }
    }
    if (already) {
      listener.run();
    }
  }

  private static void deliver(Subscription subscription, List<Member> members) {
    try {
      subscription.executor().execute(() -> subscription.listener().accept(members));
    } catch (RuntimeException closedLoop) {
      log.debug("A membership listener's executor refused", closedLoop);
    }
  }

  /** Reads the member list; returns whether it is another one than before. */
  private boolean read() {
    synchronized (lock) {
      if (superseded) {
        return false;
      }
      Set<com.hazelcast.cluster.Member> seen = instance.getCluster().getMembers();
      if (isSame(seen)) {
        return false;
      }
      Roster next = Roster.of(seen, size);
      Roster before = roster;
      notice(seen, next);
      lastSeen = seen;
      roster = next;
      List<Member> live = new ArrayList<>();
      for (Member member : next.accepted().values()) {
        if (!gone.contains(member.peer()) || member.peer().equals(self.peer())) {
          live.add(member);
        }
      }
      for (Member member : members) {
        if (!live.contains(member) && gone.size() < MAX_GONE) {
          gone.add(member.peer());
        }
      }
      for (Map.Entry<UUID, Roster.Refusal> refusal : next.refused().entrySet()) {
        if (!before.refused().containsKey(refusal.getKey())) {
          log.warn("Ignored a member: {}", refusal.getValue().why());
        }
      }
      boolean changed = !live.equals(members);
      if (changed) {
        members = List.copyOf(live);
        for (Subscription subscription : subscriptions) {
          deliver(subscription, members);
        }
        if (next.missing() > 0) {
          log.info("{}", waiting(next));
        }
      }
      return changed;
    }
  }

  private void notice(Set<com.hazelcast.cluster.Member> seen, Roster next) {
    for (com.hazelcast.cluster.Member member : lastSeen) {
      if (!seen.contains(member)) {
        departed.put(member.getUuid(), false);
      }
    }
    if (next.missing() > 0) {
      departed.replaceAll((gone, before) -> true);
    }
  }

  /** Whether the poll has seen that there was no majority, after this member had gone. */
  private boolean noticed(UUID gone) {
    synchronized (lock) {
      return departed.getOrDefault(gone, false);
    }
  }

  /** Hazelcast makes a new set for every change, so that most polls cost next to nothing. */
  @SuppressWarnings("ReferenceEquality") // to compare what is in the sets is what this saves
  private boolean isSame(Set<com.hazelcast.cluster.Member> seen) {
    return seen == lastSeen;
  }

  /** What to tell those who have to wait for a majority. */
  static String waiting(Roster roster) {
    return "store %d of %d: waiting for %d more"
        .formatted(roster.stores(), roster.size(), roster.missing());
  }

  private void run() {
    while (!closed) {
      try {
        boolean changed = read();
        suspected.answerFor();
        migrations.resume();
        if (lostMajority) {
          lostMajority = false;
          eras.lostMajority();
        }
        eras.keep(roster, changed);
        closedWhy = whyClosed();
        synchronized (wake) {
          wake.wait(POLL_MILLIS);
        }
      } catch (InterruptedException interrupted) {
        return;
      } catch (RuntimeException failed) {
        if (closed || !instance.getLifecycleService().isRunning()) {
          return;
        }
        log.warn("Reading the member list failed; trying again", failed);
      }
    }
  }

  /** A member that is no node may still make Hazelcast merge, in its own way. */
  void onLifecycle(LifecycleEvent event) {
    if (event.getState() == LifecycleEvent.LifecycleState.MERGING) {
      superseded();
    }
  }

  private void superseded() {
    List<Runnable> listeners;
    synchronized (lock) {
      if (superseded) {
        return;
      }
      superseded = true;
      listeners = List.copyOf(supersededListeners);
      supersededListeners.clear();
    }
    closedWhy = whyClosed();
    log.warn(
        "{} has no majority here and finds another part of its cluster: it joins that one as a new"
            + " incarnation",
        self.peer());
    listeners.forEach(Runnable::run);
  }

  private final class Waker implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      wakeUp();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      removed(event);
    }
  }

  void removed(MembershipEvent event) {
    // Whoever looks every now and then may find all of them back already. But an event that comes
    // after that was noticed, and a new era begun, must not close the ledger once more: nobody
    // would raise the era again.
    if (Roster.of(event.getMembers(), size).missing() > 0
        && !noticed(event.getMember().getUuid())) {
      lostMajority = true;
    }
    wakeUp();
  }

  private void wakeUp() {
    synchronized (wake) {
      wake.notifyAll();
    }
  }

  /** Stops watching; does not leave the cluster. */
  @Override
  public void close() {
    closed = true;
    closedWhy = whyClosed();
    thread.interrupt();
    parts.close();
    if (instance.getLifecycleService().isRunning()) {
      if (membershipListener != null) {
        instance.getCluster().removeMembershipListener(membershipListener);
      }
      if (lossListener != null) {
        instance.getPartitionService().removePartitionLostListener(lossListener);
      }
      if (lifecycleListener != null) {
        instance.getLifecycleService().removeLifecycleListener(lifecycleListener);
      }
    }
  }

  /** For tests: the members by name. */
  Map<String, Member> byName() {
    Map<String, Member> names = new HashMap<>();
    synchronized (lock) {
      members.forEach(member -> names.put(member.peer().node(), member));
    }
    return names;
  }
}
