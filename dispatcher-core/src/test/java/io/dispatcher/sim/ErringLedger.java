package io.dispatcher.sim;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Delta;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.LedgerKey;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Transition;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.sim.Partition.Replica;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that errs as Hazelcast does, with the rules of the real one.
 *
 * <pre>
 *   caller ──request──▶ primary: applies at once, and shows it        (lost, late, twice)
 *                          ├──delta──▶ backup: applies or refuses     (lost, late, behind)
 *   caller ◀──reply── all backups and the count of copies right: clean, else unclean after a time-out
 * </pre>
 *
 * <p>Deltas of one partition to one backup keep their order, as they do on Hazelcast's one
 * connection; a lost one leaves the replica behind, and it refuses what comes after until a whole
 * block or a re-replication heals it. When a holder dies, its primaries are taken over by their
 * first backup, whatever that one holds; the partition is thin, and every write unclean, until a
 * new copy was made.
 */
public final class ErringLedger {

  private static final int PARTITIONS = 11;
  private static final long MILLI = 1_000_000L;

  /** A dead holder's partitions are promoted one after the other within this time. */
  private static final long PROMOTION = 500 * MILLI;

  /** As the real ledger does it. */
  private static final long WAIT_FOR_MEMORY = 20_000 * MILLI;

  /** {@code hazelcast.partition.backup.sync.interval}. */
  private static final long ANTI_ENTROPY = 30_000 * MILLI;

  /** Ways to plant a bug that the checker must catch. */
  public enum Sabotage {
    NONE,
    /** Replies clean as soon as the primary holds the write. */
    EARLY_REPLY,
    /** Takes every settlement for one of the current attempt. */
    NO_ATTEMPT_CHECK,
    /** Says that attempts were raised, and leaves them as they are. */
    NO_RAISE,
    /** The same, but only of tasks that an heir found nobody to hold. */
    NO_RAISE_AT_ADOPTION,
    /** Takes each checkpoint of the current attempt for the newest. */
    NO_SEQUENCE_CHECK,
    /** Not of the ledger: who hands a block over says that nobody has any task of it. */
    NO_CONSENT,
    /** Says that starts were written ahead, and writes nothing. */
    NO_WRITE_AHEAD,
    /** Lets every former owner write. */
    NO_OWNER_EPOCH,
    /** Looks for orphans once after a node has left, and never again. */
    ONE_SCAN,
    /** When two sides meet, the one that joins overwrites what stands there. */
    MERGE_BY_DEFAULT,
    /** An era that began in name only counts as one that went on without whoever missed it. */
    EMPTY_ERA,
    /** When a majority meets again, it goes on before all of them have put back what they held. */
    OPEN_AT_ONCE,
    /** Every repeat looks like a write of its own. */
    NO_WRITE_IDS,
    /** Instead of repeating a write, looks whether the primary shows it. */
    READ_BACK,
    /** Backups apply the write to whatever they hold, and acknowledge. */
    BACKUPS_DECIDE
  }

  private interface Loss {
    void lost(Side side, int partition);
  }

  /** Sees what the replicas hold, as no caller can. */
  public interface Observer {
    /** All copies hold this block now; null: all have dropped it. */
    void replicated(BlockId id, @Nullable Block block);

    /** The primary of the block applied a write. */
    void applied(BlockId id, @Nullable Block before, @Nullable Block after);

    /** A worker is told that its starts are written ahead. */
    default void heard(BlockId id, Change.Begin begin) {}
  }

  private final SimWorld world;
  private final Simulation simulation;
  private final RandomGenerator random;
  private final Labels labels;
  private final int copies;
  private final Sabotage sabotage;
  private final long timeout;
  private final Set<BlockId> deleted = new HashSet<>();
  private final Map<BlockId, Map<Peer, Long>> everOwned = new HashMap<>();
  private final List<Loss> losses = new ArrayList<>();
  private Observer observer =
      new Observer() {
        @Override
        public void replicated(BlockId id, @Nullable Block block) {}

        @Override
        public void applied(BlockId id, @Nullable Block before, @Nullable Block after) {}
      };
  private int declared;
  private long names;

  ErringLedger(SimWorld world, int copies, Sabotage sabotage) {
    this.world = world;
    this.simulation = world.simulation();
    this.labels = world.labels();
    this.random = simulation.random("ledger");
    this.copies = copies;
    this.sabotage = sabotage;
    this.timeout = (100 + random.nextLong(900)) * MILLI;
  }

  static Side side() {
    Side side = new Side(PARTITIONS);
    side.era = 1;
    side.seen = 1;
    side.open = true;
    return side;
  }

  public void observer(Observer watcher) {
    this.observer = watcher;
  }

  int copies() {
    return copies;
  }

  // Holders

  /** A holder that is there from the beginning. */
  void found(Side side, SimNode holder) {
    side.holders.add(holder);
    side.remembering.add(holder);
    declared++;
  }

  /** Spreads the partitions over the founders. */
  void start(Side side) {
    for (Partition partition : side.partitions) {
      for (int i = 0; i < Math.min(copies, side.holders.size()); i++) {
        partition.add(side.holders.get((partition.id + i) % side.holders.size()));
      }
    }
    side.present = peers(side);
    simulation.after(random.nextLong(ANTI_ENTROPY), this::antiEntropy);
  }

  private static Set<Peer> peers(Side side) {
    Set<Peer> peers = new HashSet<>();
    side.holders.forEach(holder -> peers.add(holder.peer()));
    return peers;
  }

  /** A holder came later: empty, and given copies where some are missing. */
  void joined(Side side, SimNode holder) {
    side.holders.add(holder);
    changed(side);
    side.partitions.forEach(partition -> repairSoon(side, partition));
  }

  /** The cluster has noticed that a holder is dead: its first backups are primaries now. */
  void removed(Side side, SimNode holder) {
    Set<Peer> before = peers(side);
    if (!side.holders.remove(holder)) {
      return;
    }
    raiseInVain(side, before);
    // The others may hear of a death before its partitions have new primaries.
    boolean slow = !holder.alive() && random.nextBoolean();
    for (Partition partition : side.partitions) {
      if (!partition.replicas.contains(holder)) {
        continue;
      }
      if (slow && partition.replicas.size() > 1) {
        simulation.after(random.nextLong(PROMOTION), () -> removed(side, partition, holder));
      } else {
        removed(side, partition, holder);
      }
    }
    changed(side);
  }

  private void removed(Side side, Partition partition, SimNode holder) {
    if (!partition.replicas.contains(holder)) {
      return;
    }
    if (partition.remove(holder)) {
      promoted(side, partition, holder.name() + " is dead");
    }
    repairSoon(side, partition);
    if (side.open) {
      tellLosses(side);
    }
  }

  private void promoted(Side side, Partition partition, String why) {
    simulation.count("primary promoted");
    SimNode next = partition.holder();
    simulation.trace(
        "ledger",
        "partition %s: %s, primary is now %s",
        partition.id,
        why,
        next == null ? "nobody" : next.name());
    if (next == null) {
      simulation.count("partition lost");
      partition.epoch++;
    }
  }

  /** These holders are on a side of their own from now on. */
  void split(Side side, Side other, Set<SimNode> leaving) {
    other.era = side.era;
    other.seen = side.seen;
    other.present = side.present;
    Set<Peer> all = peers(side);
    for (SimNode holder : List.copyOf(side.holders)) {
      if (leaving.contains(holder)) {
        side.holders.remove(holder);
        other.holders.add(holder);
        if (side.remembering.contains(holder)) {
          other.remembering.add(holder);
        }
      }
    }
    for (int i = 0; i < PARTITIONS; i++) {
      Partition partition = side.partitions.get(i);
      SimNode before = partition.holder();
      partition.moveTo(other.partitions.get(i), leaving);
      if (before != null && partition.holder() != before) {
        promoted(side, partition, before.name() + " is cut off");
      }
      repairSoon(side, partition);
      repairSoon(other, other.partitions.get(i));
    }
    other.open = side.open;
    raiseInVain(side, all);
    changed(side);
    changed(other);
  }

  /** A raise was under way when the majority was lost: it stands there, and nobody was told. */
  private void raiseInVain(Side side, Set<Peer> before) {
    if (side.open && !majority(side) && random.nextBoolean()) {
      side.era++;
      side.present = before;
      simulation.count("era raised in vain");
    }
  }

  private void raise(Side side) {
    side.era++;
    side.seen = side.era;
    side.present = peers(side);
  }

  /**
   * The era is raised at every change of a membership with a majority; without one it is closed.
   */
  private void changed(Side side) {
    side.remembering.retainAll(side.holders);
    if (!majority(side)) {
      side.open = false;
      return;
    }
    if (side.open) {
      raise(side);
      side.remembering.addAll(side.holders);
      tellLosses(side);
    } else {
      side.formingSince = simulation.now();
      openIfComplete(side);
    }
  }

  /** A majority that came together again opens the ledger once it holds all there is. */
  private void openIfComplete(Side side) {
    if (side.open || !majority(side)) {
      return;
    }
    boolean complete =
        side.bringing.isEmpty()
            && (side.lostNothing()
                || 2 * side.remembering.size() > declared
                || simulation.now() - side.formingSince > WAIT_FOR_MEMORY);
    if (complete || sabotage == Sabotage.OPEN_AT_ONCE) {
      side.open = true;
      raise(side);
      if (2 * side.remembering.size() > declared) {
        // Among them they had a copy of everything.
        side.partitions.forEach(partition -> partition.lost = false);
      }
      side.remembering.addAll(side.holders);
      tellLosses(side);
      simulation.count("majority again");
      simulation.trace("ledger", "open again in era %s", side.era);
    } else {
      simulation.after(100 * MILLI, () -> openIfComplete(side));
    }
  }

  private void tellLosses(Side side) {
    for (Partition partition : side.partitions) {
      if (partition.lost) {
        partition.lost = false;
        simulation.count("ledger loss");
        losses.forEach(loss -> loss.lost(side, partition.id));
      }
    }
  }

  /** What a holder that has joined brings along from another side. */
  void bring(Side side, SimNode holder, Side.Brought brought) {
    side.bringing.add(holder);
    changed(side);
    simulation.after((100 + random.nextLong(700)) * MILLI, () -> restore(side, holder, brought));
  }

  private void restore(Side side, SimNode holder, Side.Brought brought) {
    if (!side.bringing.contains(holder)) {
      return;
    }
    if (!side.holders.contains(holder) || !holder.alive()) {
      side.bringing.remove(holder);
      return;
    }
    boolean missed = sabotage == Sabotage.EMPTY_ERA || !side.present.contains(brought.peer());
    boolean known = side.era > brought.era() && missed && sabotage != Sabotage.MERGE_BY_DEFAULT;
    boolean ready =
        majority(side)
            && side.partitions.stream()
                .allMatch(
                    p -> p.holder() != null && p.replicas.stream().allMatch(SimNode::running));
    if (!known && !ready) {
      simulation.after(50 * MILLI, () -> restore(side, holder, brought));
      return;
    }
    side.bringing.remove(holder);
    if (known) {
      simulation.count("brought records dropped");
      return;
    }
    simulation.count("brought records kept");
    simulation.trace("ledger", "%s puts back what it held in era %s", holder.name(), brought.era());
    for (int i = 0; i < PARTITIONS; i++) {
      Partition partition = side.partitions.get(i);
      Replica from = brought.replicas().get(i);
      for (SimNode each : partition.replicas) {
        Replica to = partition.data.get(each);
        from.blocks.forEach((id, block) -> to.blocks.merge(id, block, this::merged));
        from.values.forEach(to.values::putIfAbsent);
      }
    }
    if (brought.era() >= side.era || !missed) {
      side.remembering.add(holder);
    }
    openIfComplete(side);
  }

  private Block merged(Block held, Block incoming) {
    return sabotage != Sabotage.MERGE_BY_DEFAULT
            && held.version().compareTo(incoming.version()) >= 0
        ? held
        : incoming;
  }

  /** Gives a partition its missing copies, and its backups what they lack, after a while. */
  private void repairSoon(Side side, Partition partition) {
    simulation.after((200 + random.nextLong(2_500)) * MILLI, () -> repair(side, partition));
  }

  private void repair(Side side, Partition partition) {
    if (partition.replicas.isEmpty()) {
      if (side.holders.isEmpty()) {
        return;
      }
      partition.add(side.holders.get(random.nextInt(side.holders.size())));
    }
    SimNode primary = partition.replicas.get(0);
    if (!primary.alive() || primary.paused()) {
      repairSoon(side, partition);
      return;
    }
    for (int i = 0; i < side.holders.size() && partition.replicas.size() < copies; i++) {
      SimNode holder = side.holders.get((partition.id + i) % side.holders.size());
      // The table names a copy once it was made.
      if (!partition.replicas.contains(holder)
          && holder.running()
          && world.reaches(primary, holder)
          && world.reaches(holder, primary)) {
        partition.add(holder);
        simulation.trace("ledger", "partition %s: new copy on %s", partition.id, holder.name());
      }
    }
    if (partition.replicas.size() < Math.min(copies, side.holders.size())) {
      repairSoon(side, partition);
    }
    for (SimNode backup : List.copyOf(partition.replicas)) {
      if (backup != primary) {
        if (world.reaches(primary, backup)) {
          partition.synchronize(backup);
        } else {
          partition.gaps.add(backup);
        }
      }
    }
  }

  /** A backup asks for all of its partition, because it saw a gap in the numbers of its backups. */
  private void synchronize(Partition partition, SimNode backup) {
    int place = partition.replicas.indexOf(backup);
    if (place > 0
        && partition.replicas.get(0).running()
        && backup.running()
        && world.reaches(partition.replicas.get(0), backup)) {
      partition.synchronize(backup);
      simulation.count("replica synchronized");
      simulation.trace("ledger", "partition %s: %s is synchronized", partition.id, backup.name());
    }
  }

  private void antiEntropy() {
    for (Side side : world.sides()) {
      for (Partition partition : side.partitions) {
        List.copyOf(partition.gaps).forEach(backup -> synchronize(partition, backup));
      }
    }
    simulation.after(ANTI_ENTROPY, this::antiEntropy);
  }

  /** The primary moves: the new one has everything, the old one becomes a backup. */
  private void move(Partition partition) {
    if (partition.replicas.size() < 2) {
      return;
    }
    SimNode old = partition.replicas.get(0);
    SimNode next = partition.replicas.get(1);
    if (!old.running() || !next.running() || !world.reaches(old, next)) {
      return;
    }
    partition.synchronize(next);
    partition.replicas.set(0, next);
    partition.replicas.set(1, old);
    partition.epoch++;
    simulation.count("primary moved");
    simulation.trace(
        "ledger", "partition %s moves from %s to %s", partition.id, old.name(), next.name());
  }

  /** Blocks as their primaries show them, in the order of their ids. */
  public List<Block> contents() {
    TreeMap<BlockId, Block> all = new TreeMap<>();
    for (Partition partition : world.main().partitions) {
      if (!partition.replicas.isEmpty()) {
        all.putAll(partition.primary().blocks);
      }
    }
    return List.copyOf(all.values());
  }

  /** Large values as their primaries have them. */
  public Set<ValueId> values() {
    Set<ValueId> all = new HashSet<>();
    for (Partition partition : world.main().partitions) {
      if (!partition.replicas.isEmpty()) {
        all.addAll(partition.primary().values.keySet());
      }
    }
    return all;
  }

  /**
   * Whether one more death loses nothing: every partition has all its copies, on holders that live.
   */
  public boolean whole() {
    return whole(world.main());
  }

  boolean whole(Side side) {
    if (!side.open || !side.bringing.isEmpty()) {
      return false;
    }
    for (Partition partition : side.partitions) {
      if (partition.replicas.size() < copies
          || !partition.replicas.stream().allMatch(SimNode::alive)
          || !connected(partition)) {
        return false;
      }
    }
    return true;
  }

  private boolean connected(Partition partition) {
    return partition.replicas.stream()
        .allMatch(
            one ->
                !one.frozen()
                    && partition.replicas.stream().allMatch(other -> world.reaches(one, other)));
  }

  private void killIfWhole(SimNode holder) {
    if (whole()) {
      world.kill(holder.peer());
    }
  }

  boolean majority(Side side) {
    return 2 * side.holders.size() > declared;
  }

  private Partition partition(SimNode caller, LedgerKey key) {
    return world.side(caller).partitions.get(key.shard() % PARTITIONS);
  }

  /** The ledger as one node sees it. */
  Ledger at(SimNode node) {
    return new View(node);
  }

  // One call

  /** What a call does: at the primary, then at each backup. */
  private interface Operation {
    Effect at(Replica primary, boolean again);
  }

  private interface Copying {
    void to(Replica backup) throws Delta.ReplicaBehind;
  }

  private record Effect(Answer answer, Copying copying, Runnable onAllCopies) {}

  private final class Call {
    private final SimNode caller;
    private final Side side;
    private final Partition partition;
    private final String what;
    private final Operation operation;
    private final Executor executor;
    private final Consumer<Reply> then;
    private boolean replied;
    private boolean mute;
    private Supplier<@Nullable Reply> shown = () -> null;

    Call(
        SimNode caller,
        Partition partition,
        String what,
        Operation operation,
        Executor executor,
        Consumer<Reply> then) {
      this.caller = caller;
      this.side = world.side(caller);
      this.partition = partition;
      this.what = what;
      this.operation = operation;
      this.executor = executor;
      this.then = then;
    }

    Call readBack(Supplier<@Nullable Reply> primaryShows) {
      shown = primaryShows;
      return this;
    }

    void start() {
      Faults faults = world.faults();
      if (!side.open || caller.rejoining()) {
        reply(MILLI, new Reply.Unavailable("no majority of the store nodes"));
        return;
      }
      if (hit(faults.requestLost(), "ledger request lost")) {
        simulation.trace(caller.name(), "ledger: %s LOST", what);
        reply(timeout, new Reply.Unclean("time-out"));
        return;
      }
      if (hit(faults.requestLate(), "ledger request late")) {
        simulation.trace(caller.name(), "ledger: %s LATE", what);
        reply(timeout, new Reply.Unclean("time-out"));
        simulation.after(timeout + random.nextLong(2_000) * MILLI, () -> arrive(true));
        return;
      }
      simulation.trace(caller.name(), "ledger: %s", what);
      mute = hit(faults.answerLost(), "ledger answer lost");
      if (mute) {
        reply(random.nextLong(timeout), new Reply.Unclean("member left"));
      }
      boolean twice = hit(faults.requestTwice(), "ledger request carried out twice");
      long way = travel();
      simulation.after(way, () -> arrive(false));
      if (twice) {
        simulation.after(way + random.nextLong(1_500) * MILLI, () -> arrive(true));
      }
    }

    private long travel() {
      boolean local = !partition.replicas.isEmpty() && partition.replicas.get(0) == caller;
      return local ? 5_000 + random.nextLong(20_000) : world.network().delay();
    }

    private void arrive(boolean again) {
      if (partition.replicas.isEmpty()) {
        reply(timeout, new Reply.Unclean("no primary"));
        return;
      }
      SimNode primary = partition.replicas.get(0);
      if (!world.reaches(caller, primary) || world.side(caller) != side) {
        // It never arrives, or from somebody who is no member.
        simulation.count("ledger call cut off");
        reply(timeout, new Reply.Unclean("time-out"));
        return;
      }
      if (!world.reaches(primary, caller)) {
        mute = true;
      }
      if (!primary.alive()) {
        // Until the death is noticed; then some calls go to the new primary, others fail.
        long epoch = partition.epoch;
        simulation.after(20 * MILLI, () -> afterDeath(epoch, again));
        return;
      }
      if (primary.paused()) {
        simulation.after(5 * MILLI, () -> arrive(again));
        return;
      }
      execute(primary, again);
    }

    private void afterDeath(long epoch, boolean again) {
      if (partition.epoch == epoch) {
        simulation.after(20 * MILLI, () -> afterDeath(epoch, again));
      } else if (random.nextBoolean()) {
        simulation.count("ledger member left");
        reply(0, new Reply.Unclean("member left"));
      } else {
        arrive(again);
      }
    }

    private void execute(SimNode primary, boolean again) {
      Faults faults = world.faults();
      Effect effect = operation.at(partition.primary(), again);
      long epoch = partition.epoch;
      boolean thin = partition.replicas.size() < copies;
      List<SimNode> backups = List.copyOf(partition.replicas.subList(1, partition.replicas.size()));
      int[] missing = {backups.size()};
      boolean dirty = false;
      simulation.trace(primary.name(), "ledger: applied %s: %s", what, effect.answer().status());
      if (sabotage == Sabotage.EARLY_REPLY) {
        reply(travel(), new Reply.Clean(effect.answer()));
      }
      for (SimNode backup : backups) {
        if (!world.reaches(primary, backup) || hit(faults.backupLost(), "backup lost")) {
          simulation.trace(primary.name(), "ledger: backup of %s to %s LOST", what, backup.name());
          dirty = true;
          partition.gaps.add(backup);
          continue;
        }
        long delay = world.network().delay();
        if (hit(faults.backupLate(), "backup late")) {
          simulation.trace(primary.name(), "ledger: backup of %s to %s LATE", what, backup.name());
          delay += timeout + random.nextLong(1_500) * MILLI;
          dirty = true;
        }
        long link = partition.link(backup);
        long at = partition.arrival(backup, simulation.now() + delay);
        simulation.after(
            at - simulation.now(),
            () ->
                backup.after(
                    0,
                    () -> {
                      if (partition.epoch == epoch
                          && partition.link(backup) == link
                          && partition.replicas.contains(backup)
                          && copy(effect, backup)
                          && world.reaches(backup, caller)
                          && --missing[0] == 0) {
                        copied(effect, thin);
                      }
                    }));
      }
      if (backups.isEmpty()) {
        copied(effect, thin);
      }
      reply(timeout, new Reply.Unclean("backups did not answer"));
      if (dirty
          && world.isVault(primary)
          && whole(side)
          && hit(faults.primaryDies(), "primary died dirty")) {
        simulation.after(random.nextLong(50 * MILLI), () -> killIfWhole(primary));
      }
      if (hit(faults.primaryMoved(), "primary told to move")) {
        simulation.after(random.nextLong(5 * MILLI), () -> move(partition));
      }
    }

    private boolean copy(Effect effect, SimNode backup) {
      try {
        effect.copying().to(partition.data.get(backup));
      } catch (Delta.ReplicaBehind behind) {
        simulation.count("replica behind");
        simulation.trace(backup.name(), "ledger: refuses %s: %s", what, behind.getMessage());
        partition.gaps.add(backup);
        return false;
      }
      if (partition.gaps.remove(backup)) {
        simulation.after(random.nextLong(200) * MILLI, () -> synchronize(partition, backup));
      }
      return true;
    }

    private void copied(Effect effect, boolean thin) {
      if (thin) {
        simulation.count("ledger thin");
        reply(travel(), new Reply.Unclean("too few copies"));
        return;
      }
      effect.onAllCopies().run();
      reply(travel(), new Reply.Clean(effect.answer()));
    }

    private Reply told(Reply reply) {
      Reply read =
          sabotage == Sabotage.READ_BACK && reply instanceof Reply.Unclean ? shown.get() : null;
      return read == null ? reply : read;
    }

    /** The first reply that is due reaches the caller, exactly one. */
    private void reply(long delay, Reply reply) {
      if (mute && reply instanceof Reply.Clean) {
        return;
      }
      caller.after(
          delay,
          () -> {
            if (!replied) {
              replied = true;
              Reply told = told(reply);
              if (!(told instanceof Reply.Clean)) {
                simulation.trace(caller.name(), "ledger: %s: %s", what, told);
              }
              executor.execute(() -> then.accept(told));
            }
          });
    }
  }

  /** Whether every part of the ledger would survive one more death, wherever its copies are. */
  boolean survives() {
    long newest = world.sides().stream().mapToLong(side -> side.seen).max().orElse(0);
    for (int i = 0; i < PARTITIONS; i++) {
      Set<SimNode> alive = new HashSet<>();
      for (Side side : world.sides()) {
        Partition partition = side.partitions.get(i);
        if (side.seen == newest && !partition.lost) {
          partition.replicas.stream().filter(SimNode::alive).forEach(alive::add);
        }
      }
      if (alive.size() < copies) {
        return false;
      }
    }
    return true;
  }

  private boolean hit(double probability, String what) {
    if (probability <= 0 || random.nextDouble() >= probability) {
      return false;
    }
    simulation.count(what);
    return true;
  }

  private static Answer done() {
    return new Answer(Answer.Status.RECORDED, null, 0, List.of(), null);
  }

  /** One node's way to the ledger. */
  private final class View implements Ledger {
    private final SimNode node;

    /** For sabotage. */
    private Set<Peer> scanned = Set.of();

    private final Set<Long> written = new HashSet<>();

    View(SimNode node) {
      this.node = node;
    }

    @Override
    public BlockId newBlockId() {
      int partition = random.nextInt(PARTITIONS);
      if (random.nextBoolean()) {
        for (int i = 0; i < PARTITIONS; i++) {
          Partition candidate = world.side(node).partitions.get((partition + i) % PARTITIONS);
          if (!candidate.replicas.isEmpty() && candidate.replicas.get(0) == node) {
            partition = candidate.id;
            break;
          }
        }
      }
      BlockId id =
          BlockId.issued(
              realm(),
              partition + PARTITIONS * random.nextInt(5_000),
              ++names,
              node.peer().incarnation());
      labels.of(id);
      return id;
    }

    @Override
    public long realm() {
      return 7;
    }

    @Override
    public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
      new Call(
              node,
              partition(node, id),
              labels.of(id, change),
              (primary, again) -> apply(primary, id, planted(change), again),
              executor,
              told -> {
                if (change instanceof Change.Begin begin && told instanceof Reply.Clean) {
                  observer.heard(id, begin);
                }
                then.accept(told);
              })
          .readBack(() -> readBack(id, change))
          .start();
    }

    private Change planted(Change change) {
      return sabotage == Sabotage.NO_WRITE_IDS && !written.add(change.write())
          ? withNewId(change, random.nextLong())
          : change;
    }

    /** What a reader would take for a clean answer: the primary shows the write. */
    private @Nullable Reply readBack(BlockId id, Change change) {
      Partition partition = partition(node, id);
      if (partition.replicas.isEmpty() || change instanceof Change.Confirm) {
        return null;
      }
      Block block = partition.primary().blocks.get(id);
      if (block == null) {
        return null;
      }
      Transition seen = Transition.of(block, change, 0, 0);
      boolean shown = seen.next() == block && seen.answer().status() == Answer.Status.RECORDED;
      return shown ? new Reply.Clean(seen.answer()) : null;
    }

    /** Whoever has once owned a block is told that it still does. */
    private Transition toEachOwner(BlockId id, Change change, Transition transition) {
      Map<Peer, Long> owners = everOwned.computeIfAbsent(id, any -> new HashMap<>());
      Block next = transition.next();
      if (next != null) {
        owners.putIfAbsent(next.owner(), next.ownerEpoch());
      }
      Long epoch = owners.get(node.peer());
      Answer answer = transition.answer();
      if (!(change instanceof Change.Confirm) || epoch == null || answer.block() == null) {
        return transition;
      }
      Block shown = as(answer.block(), answer.block().nonce(), node.peer(), epoch);
      return new Transition(
          next,
          transition.delta(),
          new Answer(answer.status(), node.peer(), epoch, answer.items(), shown));
    }

    private Effect apply(Replica primary, BlockId id, Change written, boolean again) {
      Block block = primary.blocks.get(id);
      Change change = written;
      if (again && block == null && change instanceof Change.Create && deleted.contains(id)) {
        // Hazelcast keeps the order of one caller's calls, so no late create follows a delete.
        return new Effect(done(), backup -> {}, () -> {});
      }
      if (block != null && sabotage == Sabotage.NO_ATTEMPT_CHECK) {
        change = ofCurrentAttempts(block, change);
      }
      if (block != null && sabotage == Sabotage.NO_SEQUENCE_CHECK) {
        change = ofTheNextSequence(block, change);
      }
      if (block != null && sabotage == Sabotage.NO_OWNER_EPOCH) {
        change = ofTheOwner(block, change);
      }
      if (block != null
          && change instanceof Change.Reissue reissue
          && leavesAsItIs(reissue.cause())
          && reissue.owner().equals(block.owner())) {
        return new Effect(inWordsOnly(block, reissue.items()), backup -> {}, () -> {});
      }
      if (block != null
          && change instanceof Change.Begin begin
          && sabotage == Sabotage.NO_WRITE_AHEAD) {
        return new Effect(inWordsOnly(block, begin.items()), backup -> {}, () -> {});
      }
      Transition transition =
          Transition.of(block, change, world.side(node).seen, random.nextLong());
      if (sabotage == Sabotage.NO_OWNER_EPOCH) {
        transition = toEachOwner(id, change, transition);
      }
      Block next = transition.next();
      primary.set(id, next);
      observer.applied(id, block, next);
      if (change instanceof Change.Delete && next == null) {
        deleted.add(id);
      }
      Delta delta = transition.delta();
      Change applied = change;
      return new Effect(
          transition.answer(),
          backup -> {
            if (sabotage == Sabotage.BACKUPS_DECIDE) {
              backup.set(id, Transition.of(backup.blocks.get(id), applied, 0, 0).next());
            } else if (delta != null) {
              backup.set(id, delta.applyTo(backup.blocks.get(id)));
            }
          },
          () -> observer.replicated(id, next));
    }

    @Override
    public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
      Operation put =
          (primary, again) -> {
            primary.values.put(id, bytes);
            return new Effect(done(), backup -> backup.values.put(id, bytes), () -> {});
          };
      new Call(
              node,
              partition(node, id),
              "put a value of " + labels.of(id.block()),
              put,
              executor,
              then)
          .start();
    }

    @Override
    public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
      Operation delete =
          (primary, again) -> {
            primary.values.remove(id);
            return new Effect(done(), backup -> backup.values.remove(id), () -> {});
          };
      String what = "delete a value of " + labels.of(id.block());
      new Call(node, partition(node, id), what, delete, executor, then).start();
    }

    @Override
    public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
      Partition partition = partition(node, id);
      long delay = 2 * world.network().delay();
      boolean fails = hit(world.faults().readFails(), "value not read");
      node.after(
          delay,
          () -> {
            boolean there =
                !fails
                    && !partition.replicas.isEmpty()
                    && partition.replicas.get(0).running()
                    && world.reaches(node, partition.replicas.get(0))
                    && world.reaches(partition.replicas.get(0), node)
                    && world.side(node).open;
            byte[] value = there ? partition.primary().values.get(id) : null;
            executor.execute(() -> then.accept(value));
          });
    }

    /** A vault's part is looked after by whoever asks: vaults run nothing. */
    @Override
    public void orphans(Set<Peer> live, int most, Executor executor, Consumer<List<Orphan>> then) {
      List<Orphan> found = new ArrayList<>();
      if (node.rejoining()) {
        executor.execute(() -> then.accept(found));
        return;
      }
      boolean once = sabotage == Sabotage.ONE_SCAN;
      Set<Peer> before = scanned;
      scanned = Set.copyOf(live);
      for (Partition partition : world.side(node).partitions) {
        SimNode primary = partition.holder();
        if (primary == node || (primary != null && world.isVault(primary))) {
          for (Block block : partition.primary().blocks.values()) {
            boolean wanted = !once || before.contains(block.owner());
            if (wanted && !live.contains(block.owner()) && found.size() < most) {
              found.add(Orphan.of(block));
            }
          }
        }
      }
      found.sort(Comparator.comparing(Orphan::id));
      executor.execute(() -> then.accept(found));
    }

    @Override
    public void onLoss(Executor executor, Consumer<Predicate<BlockId>> listener) {
      losses.add(
          (side, partition) -> {
            if (world.side(node) == side) {
              node.after(
                  random.nextLong(50 * MILLI),
                  () ->
                      executor.execute(
                          () -> listener.accept(id -> id.shard() % PARTITIONS == partition)));
            }
          });
    }

    @Override
    public int parts() {
      return PARTITIONS;
    }

    @Override
    public @Nullable Block copy(BlockId id) {
      Replica replica = partition(node, id).data.get(node);
      return replica == null ? null : replica.blocks.get(id);
    }

    @Override
    public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
      Partition partition = world.side(node).partitions.get(part);
      List<BlockId> names =
          partition.replicas.isEmpty() ? null : List.copyOf(partition.primary().blocks.keySet());
      executor.execute(() -> then.accept(names == null ? null : names.stream().sorted().toList()));
    }

    @Override
    public Usage usage() {
      long bytes = 0;
      boolean holds = false;
      for (Partition partition : world.side(node).partitions) {
        Replica replica = partition.data.get(node);
        if (replica != null) {
          holds = true;
          bytes += replica.weight();
        }
      }
      return holds ? new Usage(bytes, 64L << 20) : Usage.NONE;
    }
  }

  // Sabotage

  private static Change ofCurrentAttempts(Block block, Change change) {
    if (!(change instanceof Change.Settle settle)) {
      return change;
    }
    List<Change.Settlement> items = new ArrayList<>();
    for (Change.Settlement item : settle.items()) {
      items.add(
          new Change.Settlement(
              item.index(),
              block.entry(item.index()).attempt(),
              item.result(),
              item.failure(),
              item.retryAllowed(),
              item.retryDueAt(),
              item.run()));
    }
    return new Change.Settle(settle.write(), settle.nonce(), items);
  }

  private static Change ofTheOwner(Block block, Change change) {
    Peer owner = block.owner();
    long epoch = block.ownerEpoch();
    if (change instanceof Change.Reissue reissue) {
      return new Change.Reissue(
          reissue.write(),
          owner,
          epoch,
          reissue.items(),
          reissue.cause(),
          reissue.node(),
          reissue.at());
    }
    if (change instanceof Change.End end) {
      return new Change.End(end.write(), owner, epoch, end.items(), end.end());
    }
    if (change instanceof Change.Adopt adopt) {
      return new Change.Adopt(adopt.write(), adopt.owner(), owner, epoch);
    }
    if (change instanceof Change.Forget forget) {
      return new Change.Forget(forget.write(), owner, epoch, forget.indexes());
    }
    return change instanceof Change.Delete delete
        ? new Change.Delete(delete.write(), owner, epoch, delete.nonce())
        : change;
  }

  private static Change withNewId(Change change, long write) {
    if (change instanceof Change.Create create) {
      Block block = create.block();
      return new Change.Create(write, as(block, write, block.owner(), block.ownerEpoch()));
    }
    if (change instanceof Change.Settle settle) {
      return new Change.Settle(write, settle.nonce(), settle.items());
    }
    if (change instanceof Change.Reissue reissue) {
      return new Change.Reissue(
          write,
          reissue.owner(),
          reissue.ownerEpoch(),
          reissue.items(),
          reissue.cause(),
          reissue.node(),
          reissue.at());
    }
    return change instanceof Change.End end
        ? new Change.End(write, end.owner(), end.ownerEpoch(), end.items(), end.end())
        : change;
  }

  private static Block as(Block block, long nonce, Peer owner, long epoch) {
    TaskEntry[] entries = new TaskEntry[block.size()];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = block.entry(i);
    }
    return Block.remembered(
        block.id(), nonce, owner, epoch, block.createdAt(), block.contentHash(), entries);
  }

  private boolean leavesAsItIs(Change.Cause cause) {
    return sabotage == Sabotage.NO_RAISE
        || (sabotage == Sabotage.NO_RAISE_AT_ADOPTION && cause == Change.Cause.ADOPTED);
  }

  private static Change ofTheNextSequence(Block block, Change change) {
    return change instanceof Change.Save save
        ? new Change.Save(
            save.write(),
            save.nonce(),
            save.index(),
            save.attempt(),
            block.entry(save.index()).saves() + 1,
            save.checkpoint())
        : change;
  }

  private static Answer inWordsOnly(Block block, List<Change.Item> wanted) {
    List<Answer.Item> items = new ArrayList<>();
    for (Change.Item item : wanted) {
      TaskEntry entry = block.entry(item.index());
      items.add(new Answer.Item(!entry.isFinal() && entry.attempt() == item.attempt(), entry));
    }
    return new Answer(Answer.Status.RECORDED, block.owner(), block.ownerEpoch(), items, null);
  }
}
