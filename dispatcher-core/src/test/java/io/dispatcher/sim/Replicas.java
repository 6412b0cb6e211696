package io.dispatcher.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.TaskState;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What all replicas of the ledger hold and held, and whether it may follow on what was before. */
final class Replicas implements ErringLedger.Observer {

  /** A worker that is about to start an attempt, as the ledger has it. */
  record Starting(Peer peer, int attempt) {
    private static @Nullable Starting of(@Nullable TaskEntry entry) {
      History history = entry == null ? null : entry.history();
      Peer starter = history == null ? null : history.starter();
      return starter == null ? null : new Starting(starter, entry.attempt());
    }
  }

  /** What all replicas held of one task. */
  static final class Recorded {
    int attempt;
    @Nullable String outcome;
    boolean removed;
    int lapses;
    int deaths;

    /** Nodes that it took with it, of which nobody could tell any more. */
    int uncounted;

    /** Somebody who could not reach its owner wants it cancelled: an attempt may end it before. */
    boolean marked;

    private boolean outcomeGone;

    /**
     * More copies were lost at once than there are backups, with its outcome, of which only its
     * owner had heard: nobody has it any more, and it is not to run again.
     */
    boolean endIsAllThatIsKnown() {
      return outcomeGone && removed && outcome == null;
    }

    boolean ended() {
      return outcome != null || endIsAllThatIsKnown();
    }
  }

  private SimWorld world;
  private final Violations violations;
  private final Collection<Story> stories;
  private final Map<TaskRef, Recorded> records = new HashMap<>();
  private final Map<TaskRef, Map<Starting, Long>> begun = new HashMap<>();
  private final Map<TaskRef, Set<Starting>> withdrawn = new HashMap<>();

  private final Set<TaskRef> forgotten = new HashSet<>();

  private final Map<TaskRef, Set<Peer>> judges = new HashMap<>();

  /** Somebody was told how they ended. */
  private final Set<TaskRef> told = new HashSet<>();

  /** No copy was left of them, and their owners made them anew. */
  private final Set<BlockId> remembered = new HashSet<>();

  Replicas(SimWorld world, Violations violations, Collection<Story> stories) {
    this.world = world;
    this.violations = violations;
    this.stories = stories;
  }

  /** What has an outcome now. */
  Map<TaskRef, String> outcomes() {
    Map<TaskRef, String> outcomes = new HashMap<>();
    records.forEach(
        (task, record) -> {
          if (record.outcome != null) {
            outcomes.put(task, record.outcome);
          }
        });
    return outcomes;
  }

  /**
   * The tasks go on in another ledger, with these outcomes. An attempt that was raised and never
   * started may come again there.
   */
  void goesOn(SimWorld next, Map<TaskRef, String> outcomes) {
    // What goes on in the copies of those that were stopped is nobody's business any more.
    world.ledger().observer(ErringLedger.Observer.NONE);
    next.ledger().observer(this);
    world = next;
    records.forEach(
        (task, record) -> {
          record.attempt = 0;
          record.outcome = outcomes.get(task);
          record.removed &= record.outcome != null;
        });
  }

  /** Null if no task is named, or was never on all replicas. */
  @Nullable Recorded of(@Nullable TaskRef task) {
    return task == null ? null : records.get(task);
  }

  /** As {@link Recorded#endIsAllThatIsKnown}. */
  boolean endIsAllThatIsKnown(@Nullable TaskRef task) {
    Recorded record = of(task);
    return record != null && record.endIsAllThatIsKnown();
  }

  /** Whether the ledger has it now. */
  boolean stands(@Nullable TaskRef task) {
    return world.ledger().contents().stream()
        .anyMatch(
            block ->
                task != null
                    && block.id().equals(task.block())
                    && block.entry(task.index()).state() != TaskState.REMOVED);
  }

  /** Whether some primary has forgotten its outcome, or the whole block. */
  boolean forgotten(@Nullable TaskRef task) {
    return forgotten.contains(task);
  }

  /** Whether no copy was left of it, and its owner put back what it knew: no checkpoint. */
  boolean remembered(@Nullable TaskRef task) {
    return task != null && remembered.contains(task.block());
  }

  /** The owners that said of a node that it died of this task, perhaps. */
  Set<Peer> judges(@Nullable TaskRef task) {
    return judges.getOrDefault(task, Set.of());
  }

  /** Whether this worker has said that it does not start the attempt, having said that it would. */
  boolean withdrawn(@Nullable TaskRef task, Peer worker, int attempt) {
    return withdrawn.getOrDefault(task, Set.of()).contains(new Starting(worker, attempt));
  }

  /** Who wrote ahead that they start a task, and when they were told; 0: not yet. */
  Map<Starting, Long> begun(@Nullable TaskRef task) {
    return begun.getOrDefault(task, Map.of());
  }

  /** Somebody was told that it has ended. */
  void told(TaskRef task) {
    told.add(task);
  }

  // What the ledger holds

  /**
   * What was gone with all its copies before anybody heard of it may come about differently, and a
   * death that was about to be recorded there counts for nobody.
   */
  @Override
  public void remade(BlockId id) {
    for (Story story : stories) {
      Recorded record = of(story.task);
      if (record != null && story.task.block().equals(id)) {
        record.uncounted += Math.max(0, story.kills - record.uncounted - record.deaths);
      }
    }
    records.forEach(
        (task, record) -> {
          if (task.block().equals(id) && record.outcome != null && !told.contains(task)) {
            record.outcome = null;
            record.outcomeGone = true;
            world.simulation().count("outcome gone with all its copies");
          }
        });
  }

  /** An export leaves out what is being forgotten, and that begins with its result. */
  @Override
  public void dropped(ValueId id) {
    TaskRef task = new TaskRef(id.block(), id.index());
    Recorded record = records.get(task);
    boolean ended = record != null && record.outcome != null && record.attempt == id.attempt();
    if (ended && id.attempt() > 0 && id.sequence() == 0) {
      forgotten.add(task);
    }
  }

  @Override
  public void applied(BlockId id, @Nullable Block before, @Nullable Block after) {
    if (before == null && after != null && records.containsKey(new TaskRef(id, 0))) {
      remembered.add(id);
    }
    for (int i = 0; before != null && i < before.size(); i++) {
      if (after == null || after.entry(i).state() == TaskState.REMOVED) {
        forgotten.add(new TaskRef(id, i));
      }
    }
    for (int i = 0; after != null && i < after.size(); i++) {
      if (deaths(after, i) > deaths(before, i)) {
        judges.computeIfAbsent(new TaskRef(id, i), ref -> new HashSet<>()).add(after.owner());
      }
      starters(new TaskRef(id, i), before == null ? null : before.entry(i), after.entry(i));
    }
  }

  private void starters(TaskRef task, @Nullable TaskEntry before, TaskEntry after) {
    Starting was = Starting.of(before);
    Starting is = Starting.of(after);
    if (is != null && !is.equals(was)) {
      begun.computeIfAbsent(task, ref -> new HashMap<>()).putIfAbsent(is, 0L);
    } else if (is == null && was != null && after.attempt() == was.attempt && !after.isFinal()) {
      withdrawn.computeIfAbsent(task, ref -> new HashSet<>()).add(was);
    }
  }

  @Override
  public void heard(BlockId id, Change.Begin begin) {
    for (Change.Item item : begin.items()) {
      begun
          .computeIfAbsent(new TaskRef(id, item.index()), ref -> new HashMap<>())
          .merge(
              new Starting(begin.worker(), item.attempt()),
              world.simulation().now(),
              (old, now) -> old == 0 ? now : old);
    }
  }

  /** From now on nobody is to count a death of it, unless it ran there. */
  @Override
  public void heard(BlockId id, Change.Withdraw withdraw) {
    for (Change.Item item : withdraw.items()) {
      TaskRef task = new TaskRef(id, item.index());
      Starting starting = new Starting(withdraw.worker(), item.attempt());
      if (withdrawn.getOrDefault(task, Set.of()).contains(starting)) {
        begun.getOrDefault(task, new HashMap<>()).remove(starting);
      }
    }
  }

  private static int deaths(@Nullable Block block, int index) {
    History history = block == null ? null : block.entry(index).history();
    return history == null ? 0 : history.deaths();
  }

  @Override
  public void replicated(BlockId id, @Nullable Block block) {
    if (block == null) {
      return;
    }
    for (int i = 0; i < block.size(); i++) {
      replicated(new TaskRef(id, i), block.entry(i));
    }
  }

  private void replicated(TaskRef task, TaskEntry entry) {
    Recorded record = records.computeIfAbsent(task, ref -> new Recorded());
    if (entry.attempt() < record.attempt) {
      violations.add(
          Promise.FENCED,
          task,
          "its attempt fell from " + record.attempt + " to " + entry.attempt());
    }
    record.attempt = Math.max(record.attempt, entry.attempt());
    record.lapses = Math.max(record.lapses, entry.lapses());
    record.deaths = entry.history() == null ? 0 : entry.history().deaths();
    record.marked |= entry.history() != null && entry.history().cancelled();
    if (!entry.isFinal()) {
      if (record.outcome != null || record.removed) {
        violations.add(
            Promise.ONE_OUTCOME, task, "waits again after its outcome " + record.outcome);
      }
      return;
    }
    if (entry.state() == TaskState.REMOVED) {
      record.removed = true;
      return;
    }
    String outcome = OutcomeText.of(entry);
    if (record.outcome == null) {
      record.outcome = outcome;
      madeByItsAttempt(task, entry);
    } else if (!record.outcome.equals(outcome)) {
      violations.add(
          Promise.ONE_OUTCOME, task, "two outcomes: " + record.outcome + " and " + outcome);
    }
  }

  private void madeByItsAttempt(TaskRef task, TaskEntry entry) {
    Value result = entry.result();
    if (entry.state() != TaskState.SUCCEEDED || result == null || result.bytes() == null) {
      return;
    }
    String text = new String(result.bytes(), UTF_8);
    for (Story story : stories) {
      if (task.equals(story.task) && !text.equals(story.results.get(entry.attempt()))) {
        violations.add(
            Promise.FENCED,
            task,
            "the result of attempt " + entry.attempt() + " was not made by it: " + text);
      }
    }
  }
}
