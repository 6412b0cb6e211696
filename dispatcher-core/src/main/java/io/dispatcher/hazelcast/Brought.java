package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.MapServiceContext;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a store node held of the ledger when it left its part of the cluster, and how it gets into
 * the ledger of the part it joined. If that one had a majority since, it knows everything, and what
 * was brought is dropped: a task that ended and was forgotten there must not come back. But where a
 * node of that majority died before there were copies again, a partition may have none: nothing was
 * acknowledged in it since, and it gets back what was brought.
 */
final class Brought {

  private static final Logger log = LoggerFactory.getLogger(Brought.class);
  private static final int AT_ONCE = 64;
  private static final long PAUSE_MILLIS = 100;
  private static final int MOST_EARLIER = 4;
  private static final long WAIT_FOR_LATER = TimeUnit.SECONDS.toNanos(10);

  /** As long as a majority in which too few remember the last era waits for others who do. */
  private static final long WAIT_FOR_ALL = TimeUnit.SECONDS.toNanos(20);

  private final long era;
  private final Set<Long> incarnations;
  private final List<Entry> entries;

  /** What it had brought into an older part, and could not put back before it left that too. */
  private final @Nullable Brought earlier;

  private record Entry(EntryKey key, Held held) {}

  private Brought(
      long era, Set<Long> incarnations, List<Entry> entries, @Nullable Brought earlier) {
    this.earlier = earlier;
    this.era = era;
    this.incarnations = incarnations;
    this.entries = entries;
  }

  /** The last era of the part that it is from. */
  long era() {
    return era;
  }

  /**
   * All that lies on this member, as primary or as backup; holds the values, copies nothing.
   *
   * @param incarnation this node's in the part that it leaves
   */
  static Brought of(HazelcastInstance instance, long incarnation, @Nullable Brought unfinished) {
    long era = LedgerHost.of(instance).era();
    // One that has read no era there may be among those with whom a later one began, though it has
    // not put back what it brought: that stays a part of its own.
    boolean apart = unfinished != null && (unfinished.era < era || era == 0);
    NodeEngine engine = LedgerHost.engine(instance);
    MapService service = engine.getService(MapService.SERVICE_NAME);
    MapServiceContext context = service.getMapServiceContext();
    List<Entry> entries = new ArrayList<>();
    Set<Long> incarnations = new HashSet<>(Set.of(incarnation));
    if (unfinished != null && !apart) {
      entries.addAll(unfinished.entries);
      incarnations.addAll(unfinished.incarnations);
    }
    int partitions = engine.getPartitionService().getPartitionCount();
    for (int partition = 0; partition < partitions; partition++) {
      @Nullable RecordStore<?> records = context.getExistingRecordStore(partition, LedgerHost.MAP);
      if (records != null) {
        records.forEach(
            (key, record) -> add(engine, entries, key, record.getValue()), true, true, true);
      }
    }
    if (unfinished != null && era == 0 && entries.isEmpty()) {
      return unfinished;
    }
    long newest = unfinished == null ? era : Math.max(era, unfinished.era);
    // Of that the era it is from decides what comes back, not that of the part it was brought to.
    Brought earlier = unfinished == null ? null : apart ? unfinished : unfinished.earlier;
    return new Brought(newest, incarnations, entries, newestOf(earlier, MOST_EARLIER));
  }

  /** A node that is cut off again and again must not keep what it held each time. */
  private static @Nullable Brought newestOf(@Nullable Brought earlier, int most) {
    if (earlier == null) {
      return null;
    }
    if (most == 0) {
      log.error(
          "Dropped {} entries of era {}: this node was cut off {} times before it had put them back",
          earlier.entries.size(),
          earlier.era,
          MOST_EARLIER + 1);
      return null;
    }
    return new Brought(
        earlier.era, earlier.incarnations, earlier.entries, newestOf(earlier.earlier, most - 1));
  }

  private static void add(
      NodeEngine engine, List<Entry> entries, Data key, @Nullable Object value) {
    @Nullable Object object = value instanceof Data data ? engine.toObject(data) : value;
    EntryKey name = engine.toObject(key);
    if (object instanceof Held held && !name.isEra()) {
      entries.add(new Entry(name, held));
    }
  }

  /**
   * Puts everything back that is not older than what stands there; repeats each write until all
   * replicas have it. Blocks until that is done, or the member stops.
   */
  void restore(HazelcastInstance instance, HazelcastMembership membership)
      throws InterruptedException {
    try {
      LedgerResult theirs = await(instance, membership);
      long until = System.nanoTime() + WAIT_FOR_ALL;
      if (fillsGaps(instance, theirs)) {
        waitForAll(instance, membership, until);
        theirs = await(instance, membership);
      }
      // The newest first: what it has marked is not missing any more.
      putBack(instance, theirs);
      for (Brought each = earlier; each != null; each = each.earlier) {
        each.waitForLater(instance, membership);
        if (each.fillsGaps(instance, theirs)) {
          waitForAll(instance, membership, until);
        }
        each.putBack(instance, theirs);
      }
      while (!tell(membership)) {
        pause(instance);
      }
    } catch (HazelcastInstanceNotActiveException stopped) {
      log.debug("Left again before everything was put back", stopped);
    }
  }

  /** Whether it has nothing to put back but what is missing there. */
  private boolean isOld(HazelcastInstance instance, LedgerResult theirs)
      throws InterruptedException {
    return wentOnWithoutIt(theirs) && !onlyTold(instance, theirs);
  }

  private boolean fillsGaps(HazelcastInstance instance, LedgerResult theirs)
      throws InterruptedException {
    return isOld(instance, theirs) && !missed(instance).isEmpty();
  }

  /**
   * Until all store nodes are here: who is not yet may have a newer copy of what is missing, in
   * which tasks have ended that this one has as open.
   */
  private void waitForAll(HazelcastInstance instance, HazelcastMembership membership, long until)
      throws InterruptedException {
    long self = membership.self().peer().incarnation();
    while (System.nanoTime() - until < 0
        && (!membership.roster().isWhole() || theirs(membership, self) == null)) {
      pause(instance);
    }
  }

  private void putBack(HazelcastInstance instance, LedgerResult theirs)
      throws InterruptedException {
    if (isOld(instance, theirs)) {
      List<Entry> missed = missed(instance);
      restoreAll(instance, missed);
      log.info(
          "Dropped {} entries of era {}: the cluster went on to era {} without this node; put {}"
              + " back, of which it has no copy any more",
          entries.size() - missed.size(),
          era,
          theirs.era(),
          missed.size());
    } else {
      restoreAll(instance, entries);
      log.info("Put {} entries of era {} back into the ledger", entries.size(), era);
    }
  }

  /**
   * Whether there was an era without this node. One that began with it may have begun in name only,
   * the majority being lost before anybody else heard of it; and what was recorded in it lies here
   * too, wherever this node was to have a copy.
   */
  private boolean wentOnWithoutIt(LedgerResult theirs) {
    return theirs.era() > era
        && Arrays.stream(theirs.present()).noneMatch(present -> incarnations.contains(present));
  }

  /**
   * Whether nobody is left who was in that era, and nothing of it: then what this node has is the
   * newest there is.
   */
  private static boolean onlyTold(HazelcastInstance instance, LedgerResult theirs)
      throws InterruptedException {
    Marks marks = new Marks(LedgerHost.of(instance));
    while (theirs.present().length == 0) {
      try {
        return marks.never();
      } catch (ExecutionException | TimeoutException notNow) {
        log.debug("The marks cannot be read yet; trying again", notNow);
        pause(instance);
      }
    }
    return false;
  }

  /**
   * What was brought into an older part waits for all others who bring what is newer, but for so
   * long only: two who bring an older part each would wait for each other.
   */
  private void waitForLater(HazelcastInstance instance, HazelcastMembership membership)
      throws InterruptedException {
    long end = System.nanoTime() + WAIT_FOR_LATER;
    long self = membership.self().peer().incarnation();
    while (theirs(membership, self) == null && System.nanoTime() - end < 0) {
      pause(instance);
    }
  }

  /** Those of partitions that were lost there. */
  private List<Entry> missed(HazelcastInstance instance) throws InterruptedException {
    LedgerHost host = LedgerHost.of(instance);
    Marks marks = new Marks(host);
    while (true) {
      try {
        Set<Integer> lost = marks.missing();
        return entries.stream()
            .filter(entry -> lost.contains(host.partitionId(entry.key().shard())))
            .toList();
      } catch (ExecutionException | TimeoutException notNow) {
        log.debug("What is missing in the ledger cannot be read yet; trying again", notNow);
        pause(instance);
      }
    }
  }

  /**
   * Waits for a majority, and until those in it who bring a later era have put everything back:
   * they know what has ended since. Returns the era it last had.
   */
  private LedgerResult await(HazelcastInstance instance, HazelcastMembership membership)
      throws InterruptedException {
    LedgerResult theirs = theirs(membership);
    while (theirs == null) {
      pause(instance);
      theirs = theirs(membership);
    }
    return theirs;
  }

  /** The era that the part it has joined last had; null as long as it must wait. */
  @Nullable LedgerResult theirs(HazelcastMembership membership) throws InterruptedException {
    return theirs(membership, null);
  }

  /**
   * As that.
   *
   * @param besides incarnation of one more who need not be waited for; null if there is none
   */
  private @Nullable LedgerResult theirs(HazelcastMembership membership, @Nullable Long besides)
      throws InterruptedException {
    Roster roster = membership.roster();
    if (roster.missing() > 0) {
      return null;
    }
    try {
      LedgerResult theirs = membership.eras().look(era);
      return theirs == null || roster.bringing(era, restored(theirs, besides)) ? null : theirs;
    } catch (ExecutionException | TimeoutException notNow) {
      log.debug("The era cannot be read yet; trying again", notNow);
      return null;
    }
  }

  private static Set<Long> restored(LedgerResult theirs, @Nullable Long besides) {
    Set<Long> restored = new HashSet<>();
    Arrays.stream(theirs.restored()).forEach(restored::add);
    if (besides != null) {
      restored.add(besides);
    }
    return restored;
  }

  private static boolean tell(HazelcastMembership membership) throws InterruptedException {
    try {
      return membership.eras().restored();
    } catch (ExecutionException | TimeoutException notNow) {
      log.debug("What was brought is back, but that cannot be said yet; trying again", notNow);
      return false;
    }
  }

  /** The marks come last: they say that nothing is missing any more. */
  private static void restoreAll(HazelcastInstance instance, List<Entry> entries)
      throws InterruptedException {
    Map<Boolean, List<Entry>> marks =
        entries.stream().collect(Collectors.partitioningBy(entry -> entry.key().isMark()));
    restoreEach(instance, marks.getOrDefault(false, List.of()));
    restoreEach(instance, marks.getOrDefault(true, List.of()));
  }

  /** Before the next try; there is none once the member has stopped. */
  private static void pause(HazelcastInstance instance) throws InterruptedException {
    if (!instance.getLifecycleService().isRunning()) {
      throw new HazelcastInstanceNotActiveException();
    }
    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
  }

  private static void restoreEach(HazelcastInstance instance, List<Entry> entries)
      throws InterruptedException {
    LedgerHost host = LedgerHost.of(instance);
    List<Entry> left = entries;
    while (!left.isEmpty()) {
      List<Entry> again = new ArrayList<>();
      Semaphore room = new Semaphore(AT_ONCE);
      AtomicInteger failed = new AtomicInteger();
      for (Entry entry : left) {
        room.acquire();
        LedgerOperation.submit(host, entry.key(), LedgerProcessor.restore(entry.held()))
            .whenCompleteAsync(
                (result, error) -> {
                  try {
                    if (error != null || result.backups() < host.backups()) {
                      failed.incrementAndGet();
                      synchronized (again) {
                        again.add(entry);
                      }
                    }
                  } finally {
                    room.release();
                  }
                },
                Runnable::run);
      }
      room.acquire(AT_ONCE);
      if (failed.get() > 0) {
        pause(instance);
      }
      left = again;
    }
  }
}
