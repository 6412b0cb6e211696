package io.dispatcher.hazelcast;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.map.IMap;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  private final HazelcastInstance instance;
  private final LedgerHost host;
  private final Member self;
  private final int size;
  private final Thread thread;
  private final Object wake = new Object();

  private final Object lock = new Object();
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final List<Runnable> expelledListeners = new ArrayList<>();
  private final Set<Peer> gone = new HashSet<>();
  private List<Member> members = List.of();
  private Set<com.hazelcast.cluster.Member> lastSeen = Set.of();
  private boolean expelled;

  /** Hazelcast goes from one part of the cluster to another: its member list means nothing. */
  private volatile boolean merging;

  private volatile Roster roster;
  private volatile boolean closed;
  private final @Nullable UUID membershipListener;
  private final @Nullable UUID lifecycleListener;

  private record Subscription(Executor executor, Consumer<List<Member>> listener) {}

  HazelcastMembership(HazelcastInstance instance, LedgerHost host, Member self, int size) {
    this.instance = instance;
    this.host = host;
    this.self = self;
    this.size = size;
    this.roster = Roster.of(instance.getCluster().getMembers(), size);
    read();
    this.membershipListener = instance.getCluster().addMembershipListener(new Waker());
    this.lifecycleListener = instance.getLifecycleService().addLifecycleListener(this::onLifecycle);
    this.thread = new Thread(this::run, "dispatcher-membership-" + self.peer().node());
    thread.setDaemon(true);
    thread.start();
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

  Roster roster() {
    return roster;
  }

  void onExpelled(Runnable listener) {
    boolean already;
    synchronized (lock) {
      already = expelled;
      if (!already) {
        expelledListeners.add(listener);
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
      if (merging) {
        return false;
      }
      Set<com.hazelcast.cluster.Member> seen = instance.getCluster().getMembers();
      if (isSame(seen)) {
        return false;
      }
      lastSeen = seen;
      Roster next = Roster.of(seen, size);
      Roster before = roster;
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
    Era era = new Era();
    while (!closed) {
      try {
        boolean changed = read();
        era.keep(changed);
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

  /** Raises the era at every change if this is the oldest store node, and reads it if not. */
  private final class Era {
    private static final int READS_AFTER_A_CHANGE = 30;
    private static final int POLLS_PER_READ = 20;

    private boolean raise = true;
    private int reads = READS_AFTER_A_CHANGE;
    private int polls;
    private @Nullable CompletableFuture<LedgerResult> pending;

    void keep(boolean changed) {
      if (changed) {
        raise = true;
        reads = READS_AFTER_A_CHANGE;
      }
      CompletableFuture<LedgerResult> call = pending;
      if (call != null) {
        if (!call.isDone()) {
          return;
        }
        pending = null;
        collect(call);
      }
      Member oldest = roster.oldestStore();
      if (roster.missing() > 0 || oldest == null) {
        return;
      }
      boolean mine = oldest.peer().equals(self.peer());
      if (mine && raise) {
        raise = false;
        pending = submit(LedgerProcessor.raiseEra(host.era()));
      } else if (!mine && (reads > 0 || ++polls >= POLLS_PER_READ)) {
        reads = Math.max(0, reads - 1);
        polls = 0;
        pending = submit(LedgerProcessor.readEra());
      }
    }

    private CompletableFuture<LedgerResult> submit(LedgerProcessor processor) {
      IMap<EntryKey, Held> map = instance.getMap(LedgerHost.MAP);
      CompletionStage<LedgerResult> stage = map.submitToKey(EntryKey.ERA, processor);
      return stage.toCompletableFuture();
    }

    private void collect(CompletableFuture<LedgerResult> call) {
      try {
        host.sawEra(call.get(0, TimeUnit.SECONDS).era());
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      } catch (java.util.concurrent.ExecutionException
          | TimeoutException
          | RuntimeException failed) {
        // Raising once too often does no harm, once too few does.
        raise = true;
        log.debug("The era could not be read or raised; trying again", failed);
      }
    }
  }

  void onLifecycle(LifecycleEvent event) {
    switch (event.getState()) {
      case MERGING -> merging();
      case MERGED, MERGE_FAILED -> {
        merging = false;
        wakeUp();
      }
      default -> {}
    }
  }

  /**
   * Decided before the merge: afterwards this node may have lost members of the part it came to,
   * and that is no reason to think that anybody has removed it.
   */
  private void merging() {
    List<Runnable> listeners;
    synchronized (lock) {
      merging = true;
      // Nodes that started apart and now meet have not lost anybody.
      if (expelled || gone.isEmpty()) {
        return;
      }
      expelled = true;
      listeners = List.copyOf(expelledListeners);
      expelledListeners.clear();
    }
    log.error(
        "{} joins another part of its cluster, which may have removed it; it can only go on as a new"
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
      wakeUp();
    }
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
    thread.interrupt();
    if (instance.getLifecycleService().isRunning()) {
      if (membershipListener != null) {
        instance.getCluster().removeMembershipListener(membershipListener);
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
