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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
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
    NO_WRITE_AHEAD
  }

  /** Sees what the replicas hold, as no caller can. */
  public interface Observer {
    /** All copies hold this block now; null: all have dropped it. */
    void replicated(BlockId id, @Nullable Block block);

    /** The primary of the block applied a write. */
    void applied(BlockId id, @Nullable Block before, @Nullable Block after);
  }

  private final SimWorld world;
  private final Simulation simulation;
  private final RandomGenerator random;
  private final Labels labels;
  private final int copies;
  private final Sabotage sabotage;
  private final long timeout;
  private final List<SimNode> holders = new ArrayList<>();
  private final List<Partition> partitions = new ArrayList<>();
  private final Set<BlockId> deleted = new HashSet<>();
  private Observer observer =
      new Observer() {
        @Override
        public void replicated(BlockId id, @Nullable Block block) {}

        @Override
        public void applied(BlockId id, @Nullable Block before, @Nullable Block after) {}
      };
  private int declared;
  private long era = 1;
  private long names;

  ErringLedger(SimWorld world, int copies, Sabotage sabotage) {
    this.world = world;
    this.simulation = world.simulation();
    this.labels = world.labels();
    this.random = simulation.random("ledger");
    this.copies = copies;
    this.sabotage = sabotage;
    this.timeout = (100 + random.nextLong(900)) * MILLI;
    for (int i = 0; i < PARTITIONS; i++) {
      partitions.add(new Partition(i));
    }
  }

  public void observer(Observer watcher) {
    this.observer = watcher;
  }

  int copies() {
    return copies;
  }

  // Holders

  /** A holder that is there from the beginning. */
  void found(SimNode holder) {
    holders.add(holder);
    declared++;
  }

  /** Spreads the partitions over the founders. */
  void start() {
    for (Partition partition : partitions) {
      for (int i = 0; i < Math.min(copies, holders.size()); i++) {
        partition.add(holders.get((partition.id + i) % holders.size()));
      }
    }
    simulation.after(random.nextLong(ANTI_ENTROPY), this::antiEntropy);
  }

  /** A holder came later: empty, and given copies where some are missing. */
  void joined(SimNode holder) {
    era++;
    holders.add(holder);
    partitions.forEach(this::repairSoon);
  }

  /** The cluster has noticed that a holder is dead: its first backups are primaries now. */
  void removed(SimNode holder) {
    if (!holders.remove(holder)) {
      return;
    }
    era++;
    for (Partition partition : partitions) {
      int place = partition.replicas.indexOf(holder);
      if (place < 0) {
        continue;
      }
      partition.replicas.remove(place);
      partition.data.remove(holder);
      if (place == 0) {
        partition.epoch++;
        simulation.count("primary promoted");
        simulation.trace(
            "ledger",
            "partition %s: %s is dead, primary is now %s",
            partition.id,
            holder.name(),
            partition.replicas.isEmpty() ? "nobody" : partition.replicas.get(0).name());
        if (partition.replicas.isEmpty()) {
          simulation.count("partition lost");
          partition.epoch++;
        }
      }
      repairSoon(partition);
    }
  }

  /** Gives a partition its missing copies, and its backups what they lack, after a while. */
  private void repairSoon(Partition partition) {
    simulation.after((200 + random.nextLong(2_500)) * MILLI, () -> repair(partition));
  }

  private void repair(Partition partition) {
    if (partition.replicas.isEmpty()) {
      if (holders.isEmpty()) {
        return;
      }
      partition.add(holders.get(random.nextInt(holders.size())));
    }
    SimNode primary = partition.replicas.get(0);
    if (!primary.alive() || primary.paused()) {
      repairSoon(partition);
      return;
    }
    for (int i = 0; i < holders.size() && partition.replicas.size() < copies; i++) {
      SimNode holder = holders.get((partition.id + i) % holders.size());
      if (!partition.replicas.contains(holder) && holder.alive()) {
        partition.add(holder);
        simulation.trace("ledger", "partition %s: new copy on %s", partition.id, holder.name());
      }
    }
    for (SimNode backup : partition.replicas) {
      if (backup != primary) {
        partition.synchronize(backup);
      }
    }
  }

  /** A backup asks for all of its partition, because it saw a gap in the numbers of its backups. */
  private void synchronize(Partition partition, SimNode backup) {
    int place = partition.replicas.indexOf(backup);
    if (place > 0 && partition.replicas.get(0).running() && backup.running()) {
      partition.synchronize(backup);
      simulation.count("replica synchronized");
      simulation.trace("ledger", "partition %s: %s is synchronized", partition.id, backup.name());
    }
  }

  private void antiEntropy() {
    for (Partition partition : partitions) {
      List.copyOf(partition.gaps).forEach(backup -> synchronize(partition, backup));
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
    if (!old.running() || !next.running()) {
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
    for (Partition partition : partitions) {
      if (!partition.replicas.isEmpty()) {
        all.putAll(partition.primary().blocks);
      }
    }
    return List.copyOf(all.values());
  }

  /** Large values as their primaries have them. */
  public Set<ValueId> values() {
    Set<ValueId> all = new HashSet<>();
    for (Partition partition : partitions) {
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
    for (Partition partition : partitions) {
      if (partition.replicas.size() < copies
          || !partition.replicas.stream().allMatch(SimNode::alive)) {
        return false;
      }
    }
    return true;
  }

  private void killIfWhole(SimNode holder) {
    if (whole()) {
      world.kill(holder.peer());
    }
  }

  private boolean majority() {
    return 2 * holders.size() > declared;
  }

  private Partition partition(LedgerKey key) {
    return partitions.get(key.shard() % PARTITIONS);
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
    private final Partition partition;
    private final String what;
    private final Operation operation;
    private final Executor executor;
    private final Consumer<Reply> then;
    private boolean replied;
    private boolean mute;

    Call(
        SimNode caller,
        Partition partition,
        String what,
        Operation operation,
        Executor executor,
        Consumer<Reply> then) {
      this.caller = caller;
      this.partition = partition;
      this.what = what;
      this.operation = operation;
      this.executor = executor;
      this.then = then;
    }

    void start() {
      Faults faults = world.faults();
      if (!majority()) {
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
        if (hit(faults.backupLost(), "backup lost")) {
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
          && whole()
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
              if (!(reply instanceof Reply.Clean)) {
                simulation.trace(caller.name(), "ledger: %s: %s", what, reply);
              }
              executor.execute(() -> then.accept(reply));
            }
          });
    }
  }

  private boolean hit(double probability, String what) {
    if (probability <= 0 || random.nextDouble() >= probability) {
      return false;
    }
    simulation.count(what);
    return true;
  }

  /** One part of the ledger: who holds it, the primary first, and what each of them holds. */
  private static final class Partition {
    private final int id;
    private final List<SimNode> replicas = new ArrayList<>();
    private final Map<SimNode, Replica> data = new HashMap<>();
    private final Map<SimNode, Long> links = new HashMap<>();
    private final Set<SimNode> gaps = new LinkedHashSet<>();
    private final Map<SimNode, Long> arrivals = new HashMap<>();
    private long epoch;

    Partition(int id) {
      this.id = id;
    }

    void add(SimNode holder) {
      replicas.add(holder);
      data.put(holder, new Replica());
    }

    Replica primary() {
      return data.get(replicas.get(0));
    }

    /** Gives a backup what the primary holds; deltas under way to it are void. */
    void synchronize(SimNode backup) {
      Replica copy = new Replica();
      copy.blocks.putAll(primary().blocks);
      copy.values.putAll(primary().values);
      data.put(backup, copy);
      links.merge(backup, 1L, Long::sum);
      gaps.remove(backup);
    }

    long link(SimNode backup) {
      return links.getOrDefault(backup, 0L);
    }

    long arrival(SimNode backup, long wanted) {
      long at = Math.max(wanted, arrivals.getOrDefault(backup, 0L) + 1);
      arrivals.put(backup, at);
      return at;
    }
  }

  /** What one holder has of one partition. */
  private static final class Replica {
    private final Map<BlockId, Block> blocks = new HashMap<>();
    private final Map<ValueId, byte[]> values = new HashMap<>();

    void set(BlockId id, @Nullable Block block) {
      if (block == null) {
        blocks.remove(id);
      } else {
        blocks.put(id, block);
      }
    }

    long weight() {
      long sum = 0;
      for (Block block : blocks.values()) {
        sum += block.weight();
      }
      for (byte[] value : values.values()) {
        sum += value.length;
      }
      return sum;
    }
  }

  private static Answer done() {
    return new Answer(Answer.Status.RECORDED, null, 0, List.of(), null);
  }

  /** One node's way to the ledger. */
  private final class View implements Ledger {
    private final SimNode node;

    View(SimNode node) {
      this.node = node;
    }

    @Override
    public BlockId newBlockId() {
      int partition = random.nextInt(PARTITIONS);
      if (random.nextBoolean()) {
        for (int i = 0; i < PARTITIONS; i++) {
          Partition candidate = partitions.get((partition + i) % PARTITIONS);
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
              partition(id),
              labels.of(id, change),
              (primary, again) -> apply(primary, id, change, again),
              executor,
              then)
          .start();
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
      Transition transition = Transition.of(block, change, era, random.nextLong());
      Block next = transition.next();
      primary.set(id, next);
      observer.applied(id, block, next);
      if (change instanceof Change.Delete && next == null) {
        deleted.add(id);
      }
      Delta delta = transition.delta();
      return new Effect(
          transition.answer(),
          backup -> {
            if (delta != null) {
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
      new Call(node, partition(id), "put a value of " + labels.of(id.block()), put, executor, then)
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
      new Call(node, partition(id), what, delete, executor, then).start();
    }

    @Override
    public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
      Partition partition = partition(id);
      long delay = 2 * world.network().delay();
      boolean fails = hit(world.faults().readFails(), "value not read");
      node.after(
          delay,
          () -> {
            boolean there =
                !fails && !partition.replicas.isEmpty() && partition.replicas.get(0).running();
            byte[] value = there ? partition.primary().values.get(id) : null;
            executor.execute(() -> then.accept(value));
          });
    }

    /** A vault's part is looked after by whoever asks: vaults run nothing. */
    @Override
    public void orphans(Set<Peer> live, int most, Executor executor, Consumer<List<Orphan>> then) {
      List<Orphan> found = new ArrayList<>();
      for (Partition partition : partitions) {
        SimNode primary = partition.replicas.isEmpty() ? null : partition.replicas.get(0);
        if (primary == node || (primary != null && world.isVault(primary))) {
          for (Block block : partition.primary().blocks.values()) {
            if (!live.contains(block.owner()) && found.size() < most) {
              found.add(Orphan.of(block));
            }
          }
        }
      }
      found.sort(Comparator.comparing(Orphan::id));
      executor.execute(() -> then.accept(found));
    }

    @Override
    public int parts() {
      return partitions.size();
    }

    @Override
    public void names(int part, Executor executor, Consumer<@Nullable List<BlockId>> then) {
      Partition partition = partitions.get(part);
      List<BlockId> names =
          partition.replicas.isEmpty() ? null : List.copyOf(partition.primary().blocks.keySet());
      executor.execute(() -> then.accept(names == null ? null : names.stream().sorted().toList()));
    }

    @Override
    public Usage usage() {
      long bytes = 0;
      boolean holds = false;
      for (Partition partition : partitions) {
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
