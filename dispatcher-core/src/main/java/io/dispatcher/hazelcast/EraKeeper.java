package io.dispatcher.hazelcast;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The era as this node knows it: the oldest store node raises it at every change of a membership
 * that has a majority, the others read it.
 *
 * <p>The ledger is open as long as a majority is here. When one comes together again, it stays
 * closed until the era was raised: a majority may then be here that does not hold yet what its
 * members bring along. Confined to the thread of the membership, but for what is read.
 */
final class EraKeeper {

  private static final Logger log = LoggerFactory.getLogger(EraKeeper.class);
  private static final long NO_ERA = -1;
  private static final int READS_AFTER_A_CHANGE = 30;
  private static final int POLLS_PER_READ = 20;

  /** A majority in which too few remember the last era waits so long for others who do. */
  private static final long WAIT_FOR_MEMORY = TimeUnit.SECONDS.toNanos(20);

  /** For so long after a loss a node that was cut off may come with what it held. */
  private static final long WAIT_FOR_COPIES = TimeUnit.SECONDS.toNanos(60);

  /** Until all partitions are marked: what is recorded before could not be told from what ended. */
  private static final long MARK = TimeUnit.MILLISECONDS.toNanos(100);

  /** How often it is looked whether all are there still. */
  private static final long LOOK_AT_MARKS = TimeUnit.SECONDS.toNanos(30);

  private final LedgerHost host;
  private final Member self;
  private final int size;

  private boolean raise = true;
  private int reads = READS_AFTER_A_CHANGE;
  private int polls;
  private @Nullable CompletableFuture<LedgerResult> pending;
  private boolean raising;

  /** What this node has brought along is in the ledger; the entry that says so can be lost. */
  private volatile boolean putBack;

  /** The era at which the ledger was closed: only a later one opens it. */
  private long closedAt;

  /** The newest entry that was seen; null before the first one. */
  private volatile @Nullable LedgerResult newest;

  private boolean quorate;

  /** The entry was read. */
  private volatile boolean known;

  private boolean told;
  private long formingSince;

  /** Store nodes that have been here since the last era. */
  private Set<Peer> remembering = new HashSet<>();

  /** The partitions have their marks. */
  private boolean marked;

  private long triedToMark = System.nanoTime() - MARK;

  /** When the last partition was lost, as {@link System#nanoTime}; 0 if none is without mark. */
  private final AtomicLong lostAt = new AtomicLong();

  private @Nullable CompletableFuture<Boolean> marking;
  private final Marks marks;

  private volatile boolean open;
  private final Set<Integer> lost = ConcurrentHashMap.newKeySet();

  /** Those of the look before. */
  private Set<Integer> lostBefore = Set.of();

  private final Consumer<Set<Integer>> onLoss;
  private final AtomicLong lostMajorities = new AtomicLong();

  /**
   * @param onLoss told the partitions of which no copy was left when the ledger was opened again
   */
  EraKeeper(LedgerHost host, Member self, int size, Consumer<Set<Integer>> onLoss) {
    this.onLoss = onLoss;
    this.host = host;
    this.marks = new Marks(host);
    this.self = self;
    this.size = size;
  }

  /** Whether the ledger can be used, as far as membership decides it. From any thread. */
  boolean open() {
    return open;
  }

  /** How often a majority was no longer here. From any thread. */
  long lostMajorities() {
    return lostMajorities.get();
  }

  /** To be called at every look at the member list. */
  void keep(Roster roster, boolean changed) {
    if (changed) {
      raise = true;
      reads = READS_AFTER_A_CHANGE;
    }
    follow(roster);
    // What was lost after this roster was read may be the loss of the majority: a look later.
    Set<Integer> before = lostBefore;
    lostBefore = Set.copyOf(lost);
    if (open) {
      tellLosses(before);
    }
    CompletableFuture<LedgerResult> call = pending;
    if (call != null) {
      if (!call.isDone()) {
        return;
      }
      pending = null;
      collect(call);
      openIfNewer(roster);
    }
    Member oldest = roster.oldestStore();
    if (!quorate || oldest == null) {
      return;
    }
    if (putBack && known && !host.restored().contains(self.peer().incarnation())) {
      raising = false;
      pending = submit(LedgerProcessor.restored(self.peer().incarnation()));
      return;
    }
    boolean mine = oldest.peer().equals(self.peer());
    if (mine && open) {
      mark(roster);
    }
    if (mine && raise && complete(roster)) {
      raise = false;
      raising = true;
      long above = Math.max(host.era(), newestBrought(roster));
      pending = submit(LedgerProcessor.raiseEra(above, stores(roster)));
    } else if ((mine && raise) || reads > 0 || !open || ++polls >= POLLS_PER_READ) {
      // Whoever waits for others to put back what they brought hears of it here too.
      reads = Math.max(0, reads - 1);
      polls = 0;
      raising = false;
      // The first of those whom the others have joined says which era was the last.
      pending = read(mine ? newestBrought(roster) : 0);
    }
  }

  /**
   * Only while the ledger is open, and a while after a loss: whoever brings something has to see
   * what is missing, but one that comes much later may bring back what has ended since.
   */
  private void mark(Roster roster) {
    long now = System.nanoTime();
    long loss = lostAt.get();
    CompletableFuture<Boolean> call = marking;
    if (call != null) {
      if (call.isDone()) {
        marking = null;
        marked = marked(call);
        triedToMark = System.nanoTime();
      }
    } else if (loss != 0) {
      boolean brings = roster.bringing(NO_ERA, host.restored());
      long wait = brings ? 2 * WAIT_FOR_COPIES : WAIT_FOR_COPIES;
      if ((now - loss > wait || nobodyElseCanCome(roster)) && lostAt.compareAndSet(loss, 0)) {
        marking = marks.set();
      }
    } else if (now - triedToMark > (marked ? LOOK_AT_MARKS : MARK)) {
      // Word of a loss may not have come here, or have gone to the oldest node before this one.
      boolean before = marked;
      marking = marks.lost().thenCompose(unmarked -> setOrWait(unmarked, before));
    }
  }

  private CompletionStage<Boolean> setOrWait(Set<Integer> unmarked, boolean before) {
    if (unmarked.isEmpty()) {
      return before ? CompletableFuture.completedFuture(true) : marks.set();
    }
    lostAt.compareAndSet(0, System.nanoTime());
    return CompletableFuture.completedFuture(false);
  }

  /** All store nodes are here, and each has put back what it brought. */
  private boolean nobodyElseCanCome(Roster roster) {
    return roster.isWhole() && !roster.bringing(NO_ERA, host.restored());
  }

  private static boolean marked(CompletableFuture<Boolean> done) {
    try {
      return done.join();
    } catch (CompletionException | CancellationException failed) {
      log.debug("Not all partitions could be marked; trying again", failed);
      return false;
    }
  }

  private static long[] stores(Roster roster) {
    return roster.accepted().values().stream()
        .filter(member -> member.is(Role.STORE))
        .mapToLong(member -> member.peer().incarnation())
        .toArray();
  }

  private void follow(Roster roster) {
    Set<Peer> stores = new HashSet<>();
    roster.accepted().values().stream()
        .filter(member -> member.is(Role.STORE))
        .forEach(member -> stores.add(member.peer()));
    boolean now = roster.missing() == 0;
    if (open && now) {
      remembering = stores;
    } else {
      remembering.retainAll(stores);
    }
    if (now == quorate) {
      return;
    }
    if (now) {
      quorate = true;
      formingSince = System.nanoTime();
      told = false;
      reads = READS_AFTER_A_CHANGE;
    } else {
      lostMajority();
    }
  }

  /** There was a moment without a majority. */
  void lostMajority() {
    if (quorate) {
      quorate = false;
      lostMajorities.incrementAndGet();
      open = false;
      marked = false;
      closedAt = host.era();
    }
  }

  /**
   * No copy is left here of a partition. As long as there is no majority, it may come back with
   * those who hold one. From any thread.
   */
  void partitionLost(int partition) {
    lost.add(partition);
    lostAt.set(System.nanoTime());
  }

  private void openIfNewer(Roster roster) {
    LedgerResult seen = newest;
    if (!quorate || open || seen == null) {
      return;
    }
    if (!roster.began(seen.present())) {
      // A last copy of what the part next door has written: this majority has yet to be complete.
      raise = true;
    } else if (seen.era() > closedAt) {
      open = true;
      // While it was closed nothing has ended: the time in which copies may come begins now.
      lostAt.updateAndGet(at -> at == 0 ? 0 : System.nanoTime());
      if (memories(roster) >= Roster.majority(size)) {
        // Among them they had a copy of everything.
        lost.clear();
      }
      tellLosses(lost);
      if (closedAt > 0) {
        log.info("A majority is here again; era {}", host.era());
      }
    }
  }

  private void tellLosses(Set<Integer> some) {
    Set<Integer> gone = new HashSet<>(some);
    gone.retainAll(lost);
    if (!gone.isEmpty()) {
      lost.removeAll(gone);
      log.error("No copy is left of {} partitions of the ledger", gone.size());
      onLoss.accept(gone);
    }
  }

  /** Whether all is here that the last majority acknowledged. */
  private boolean complete(Roster roster) {
    if (open) {
      // Though somebody brings something: who leaves meanwhile must not come back to the same era.
      return true;
    }
    if (roster.bringing(NO_ERA, host.restored())) {
      return false;
    }
    int memories = memories(roster);
    if (closedAt == 0
        || lost.isEmpty()
        || memories >= Roster.majority(size)
        // Nobody else can come.
        || roster.isWhole()) {
      return true;
    }
    boolean enough = System.nanoTime() - formingSince > WAIT_FOR_MEMORY;
    if (!told) {
      told = true;
      log.warn(
          "Copies are missing, and of the {} store nodes here {} remember era {}:"
              + " waiting up to {} s for others who do",
          roster.stores(),
          memories,
          closedAt,
          TimeUnit.NANOSECONDS.toSeconds(WAIT_FOR_MEMORY));
    }
    if (enough) {
      log.error("Going on without them");
    }
    return enough;
  }

  /** Store nodes that know the last era: they have been here, or brought what they held. */
  private int memories(Roster roster) {
    int memories = remembering.size();
    for (long era : roster.bringers().values()) {
      memories += era >= closedAt ? 1 : 0;
    }
    return memories;
  }

  private static long newestBrought(Roster roster) {
    return roster.bringers().values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /**
   * The era that stands in the ledger, whether it is open or not; null if too few have a copy of it
   * now, or if nobody has and nobody has said yet which was the last. From any thread.
   *
   * @param least there has been this one
   */
  @Nullable LedgerResult look(long least)
      throws ExecutionException, InterruptedException, TimeoutException {
    LedgerResult result = read(0).get(15, TimeUnit.SECONDS);
    boolean unknown = result.era() == 0 && least > 0;
    return unknown || result.backups() < host.backups() ? null : result;
  }

  /**
   * For a node that brings records: from now on all of them are in the ledger. False if too few
   * have heard of it.
   */
  boolean restored() throws ExecutionException, InterruptedException, TimeoutException {
    LedgerResult result =
        submit(LedgerProcessor.restored(self.peer().incarnation())).get(15, TimeUnit.SECONDS);
    if (result.backups() < host.backups()) {
      return false;
    }
    saw(result);
    putBack = true;
    return true;
  }

  private CompletableFuture<LedgerResult> read(long brought) {
    LedgerResult seen = newest;
    long known = Math.max(host.era(), brought);
    long[] present = seen != null && seen.era() == known ? seen.present() : new long[0];
    return submit(LedgerProcessor.readEra(known, present));
  }

  private CompletableFuture<LedgerResult> submit(LedgerProcessor processor) {
    return LedgerOperation.submit(host, EntryKey.ERA, processor);
  }

  /** Also called by the thread that puts back what this node has brought. */
  private synchronized void saw(LedgerResult result) {
    known = true;
    LedgerResult before = newest;
    if (before == null || result.era() >= before.era()) {
      newest = result;
    }
    host.sawEra(result.era());
    host.sawRestored(result.restored());
  }

  private void collect(CompletableFuture<LedgerResult> call) {
    try {
      LedgerResult result = call.get(0, TimeUnit.SECONDS);
      if (result.backups() < host.backups()) {
        // Nobody else may know of it: two parts of the cluster must not come to the same era.
        raise |= raising;
      } else {
        saw(result);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | RuntimeException failed) {
      // Raising once too often does no harm, once too few does.
      raise |= raising;
      log.debug("The era could not be read or raised; trying again", failed);
    }
  }
}
