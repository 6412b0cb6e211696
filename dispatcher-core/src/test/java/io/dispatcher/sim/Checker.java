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
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges a run by what its users saw and what the ledger's replicas hold:
 *
 * <ol>
 *   <li>what was accepted was on all replicas at that moment, and reaches a recorded outcome;
 *   <li>one outcome: an outcome on all replicas never changes, and handles show that one and no
 *       other, and only then;
 *   <li>a start has a (task, attempt) of its own, fences grow with attempts, and a recorded result
 *       was made by the attempt it is recorded for;
 *   <li>a submission becomes one task; a refused one never runs; a cancel that was confirmed is the
 *       outcome;
 *   <li>a task that takes its nodes with it is set aside after three of them, and no other one that
 *       no two nodes died of, or might have;
 *   <li>in the calm phase no task waits for more than 5 s (20 s if nodes may have died of it: of
 *       those one runs at a time) with slots free on every worker, nothing due and nobody running
 *       it;
 *   <li>a run in which too little happened proves nothing: it is void.
 * </ol>
 */
public final class Checker implements ErringLedger.Observer {

  private static final long LONGEST_STALL = 5_000_000_000L;

  /**
   * Of what nodes may have died of a worker runs one at a time; and where a task takes nodes with
   * it in the calm phase still, others find more work on fewer slots.
   */
  private static final long LONGEST_STALL_AFTER_KILLS = 20_000_000_000L;

  /** So soon a worker starts what it was told is written ahead. */
  private static final long AT_ONCE = 200_000_000L;

  private static final int MOST_VIOLATIONS = 20;

  private final SimWorld world;
  private final Simulation simulation;
  private final List<Violation> violations = new ArrayList<>();
  private final Map<String, Story> byLabel = new LinkedHashMap<>();
  private final Map<TaskRef, Recorded> records = new HashMap<>();

  /** Who wrote ahead that they start a task, and when they were told; 0: not yet. */
  private final Map<TaskRef, Map<Peer, Long>> begun = new HashMap<>();

  private final Map<Peer, Integer> slots = new LinkedHashMap<>();
  private final Map<Peer, Integer> running = new HashMap<>();
  private boolean watching;

  public Checker(SimWorld world) {
    this.world = world;
    this.simulation = world.simulation();
    world.ledger().observer(this);
  }

  /**
   * Something that must never be.
   *
   * @param task the task's short name in the trace; empty if it is about none
   */
  public record Violation(long at, String task, String what) {
    @Override
    public String toString() {
      return String.format("%.6f %s: %s", at / 1e9, task, what);
    }
  }

  /** One submission, as its submitter and its handlers saw it. */
  private static final class Story {
    private final String label;
    private @Nullable TaskRef task;
    private boolean accepted;
    private boolean answered;
    private boolean refused;

    /** One of its submissions was accepted, or may have been. */
    private boolean perhaps;

    private @Nullable String shown;
    private int handles;
    private final TreeMap<Integer, Integer> saved = new TreeMap<>();

    /** Handles without an outcome, by the front they are at. */
    private final Map<Peer, Integer> open = new LinkedHashMap<>();

    /** Nodes that this task took with it. */
    private int kills;

    private int showings;
    private boolean cancelled;
    private final Map<Integer, Peer> starts = new HashMap<>();
    private final Map<Integer, Long> fences = new HashMap<>();
    private final Map<Integer, String> results = new HashMap<>();
    private final Set<Integer> runningNow = new LinkedHashSet<>();
    private long idleSince = -1;

    Story(String label) {
      this.label = label;
    }
  }

  /** What all replicas held of one task. */
  private static final class Recorded {
    private int attempt;
    private @Nullable String outcome;
    private boolean removed;
    private int lapses;

    /** Somebody who could not reach its owner wants it cancelled: an attempt may end it before. */
    private boolean marked;
  }

  // What users saw. A label names one submission; handlers find it in their payload.

  /** A submission, or one more handle of the same one. */
  public void submitted(String label, Peer front) {
    Story story = story(label);
    story.handles++;
    // What another front refused may be accepted here.
    story.refused = false;
    story.open.merge(front, 1, Integer::sum);
  }

  /** A front was killed, and with it the handles of its callers. */
  public void frontKilled(Peer front) {
    for (Story story : byLabel.values()) {
      Integer lost = story.open.remove(front);
      if (lost != null) {
        story.handles -= lost;
        // Of what has no answer yet nobody can say whether it was accepted.
        story.perhaps = true;
        story.answered |= story.open.isEmpty();
      }
    }
  }

  private static void closed(Story story, Peer front) {
    story.open.computeIfPresent(front, (peer, count) -> count == 1 ? null : count - 1);
  }

  public void accepted(String label, TaskId id) {
    Story story = story(label);
    story.accepted = true;
    story.perhaps = true;
    story.answered = true;
    identify(story, id);
    Recorded record = records.get(story.task);
    if (record == null) {
      violation(story, "accepted, but not on all replicas");
    }
    simulation.trace("client", "%s accepted as %s", label, world.labels().of(id));
  }

  /**
   * The submission failed.
   *
   * @param certain whether it certainly did not happen
   */
  public void notAccepted(String label, Throwable error, boolean certain, Peer front) {
    Story story = story(label);
    story.handles--;
    closed(story, front);
    story.answered = true;
    story.perhaps |= !certain;
    story.refused = !story.perhaps && story.handles == 0;
    simulation.trace("client", "%s not accepted: %s", label, error);
  }

  /** A worker with that many slots is there. */
  public void worker(Peer peer, int count) {
    slots.put(peer, count);
  }

  /** A worker takes nothing any more. */
  public void workerLeaves(Peer peer) {
    slots.remove(peer);
  }

  /** How often a handler was called for this submission. */
  public int starts(String label) {
    return story(label).starts.size();
  }

  public void started(String label, TaskId id, int attempt, long fence, Peer peer) {
    Story story = story(label);
    identify(story, id);
    simulation.trace(peer.node(), "STARTS %s@%s (%s)", world.labels().of(id), attempt, label);
    if (story.refused) {
      violation(story, "was refused, and runs");
    }
    Peer before = story.starts.putIfAbsent(attempt, peer);
    if (before != null) {
      violation(
          story, "attempt " + attempt + " was started on " + before + " and again on " + peer);
    }
    story.fences.put(attempt, fence);
    for (Map.Entry<Integer, Long> other : story.fences.entrySet()) {
      if (Integer.compare(other.getKey(), attempt) != Long.compare(other.getValue(), fence)) {
        violation(
            story,
            "fence "
                + fence
                + " of attempt "
                + attempt
                + " and fence "
                + other.getValue()
                + " of attempt "
                + other.getKey()
                + " are in the wrong order");
      }
    }
    story.runningNow.add(attempt);
    running.merge(peer, 1, Integer::sum);
  }

  /**
   * A handler is done.
   *
   * @param result null if it failed
   */
  public void ended(String label, int attempt, Peer peer, @Nullable String result) {
    Story story = story(label);
    if (story.runningNow.remove(attempt)) {
      running.merge(peer, -1, Integer::sum);
    }
    if (result != null) {
      story.results.put(attempt, result);
    }
    simulation.trace(
        peer.node(),
        "ENDS %s@%s %s",
        story.task == null ? label : world.labels().of(story.task),
        attempt,
        result == null ? "failed" : "ok");
  }

  /** The task's own code takes the node with it that runs it. */
  public void kills(String label, Peer peer) {
    story(label).kills++;
    simulation.trace("client", "%s takes %s with it", label, peer.node());
    simulation.count("node killed by a poison task");
  }

  /** An attempt was told that its checkpoint is recorded. */
  public void saved(String label, int attempt, int step) {
    Story story = story(label);
    simulation.trace("client", "%s@%s saved %s", label, attempt, step);
    story.saved.merge(attempt, step, Math::max);
  }

  /** An attempt goes on from a checkpoint; 0: there was none. */
  public void resumed(String label, int attempt, int step) {
    Story story = story(label);
    simulation.trace("client", "%s@%s goes on from %s", label, attempt, step);
    // A stale attempt that wakes up late may see less than a newer one has saved.
    int saved =
        story.saved.headMap(attempt).values().stream().mapToInt(Integer::intValue).max().orElse(0);
    if (step < saved) {
      violation(
          story,
          "attempt " + attempt + " starts from step " + step + ", but " + saved + " was saved");
    }
  }

  /** A handle shows an outcome. */
  public void shown(String label, Outcome<String> outcome, Peer front) {
    Story story = story(label);
    closed(story, front);
    String text = text(outcome);
    simulation.trace("client", "%s shows %s", label, text);
    identify(story, outcome.id());
    if (story.shown != null && !story.shown.equals(text)) {
      violation(story, "was shown as " + story.shown + " and as " + text);
    }
    story.shown = text;
    story.showings++;
    Recorded record = records.get(story.task);
    String recorded = record == null ? null : record.outcome;
    if (!text.equals(recorded)) {
      violation(story, "is shown as " + text + ", all replicas hold " + recorded);
    }
    boolean marked = record != null && record.marked;
    if (story.cancelled && !marked && outcome.state() != TaskState.CANCELLED) {
      violation(story, "a confirmed cancel ended as " + text);
    }
  }

  /**
   * A handle has no outcome, which must not be for a task that was accepted.
   *
   * @param late whether the handle was attached later: once another one has shown the outcome, it
   *     may be forgotten before this one could read it
   */
  public void notShown(String label, Throwable error, boolean late, Peer front) {
    Story story = story(label);
    if (!certainlyNotAccepted(error) && !(error instanceof AcceptUnknown)) {
      // Of a submission that failed notAccepted hears too.
      closed(story, front);
    }
    simulation.trace("client", "%s has no outcome: %s", label, error);
    if (late && story.shown != null && String.valueOf(error.getMessage()).contains("retention")) {
      story.handles--;
      simulation.count("outcome forgotten before a late handle read it");
    } else if (story.accepted && !certainlyNotAccepted(error)) {
      // Of two submissions of one idempotency key one may be refused; a refused handle that had
      // been
      // accepted is missed at the end.
      violation(story, "was accepted, and its handle failed: " + error);
    }
  }

  /** Whether a submission failed with the word that nothing was accepted. */
  public static boolean certainlyNotAccepted(Throwable error) {
    return error instanceof TaskRefused
        || (error instanceof DispatcherClosed
            && String.valueOf(error.getMessage()).contains("was not accepted"));
  }

  /** A cancel was answered with yes. */
  public void cancelled(String label) {
    Story story = story(label);
    story.cancelled = true;
    simulation.trace("client", "%s cancel confirmed", label);
    Recorded record = records.get(story.task);
    boolean marked = record != null && record.marked;
    if (story.shown != null && !marked && !story.shown.startsWith("cancelled")) {
      violation(story, "a cancel was confirmed after " + story.shown);
    }
  }

  private Story story(String label) {
    return byLabel.computeIfAbsent(label, Story::new);
  }

  private void identify(Story story, TaskId id) {
    TaskRef task = TaskRef.of(id).orElseThrow();
    if (story.task == null) {
      story.task = task;
    } else if (!story.task.equals(task)) {
      violation(story, "one submission is two tasks, the other one is " + world.labels().of(task));
    }
  }

  // What the ledger holds

  @Override
  public void applied(BlockId id, @Nullable Block before, @Nullable Block after) {
    for (int i = 0; after != null && i < after.size(); i++) {
      Peer starter = starter(after, i);
      if (starter != null && !starter.equals(starter(before, i))) {
        begun.computeIfAbsent(new TaskRef(id, i), ref -> new HashMap<>()).putIfAbsent(starter, 0L);
      }
    }
  }

  @Override
  public void heard(BlockId id, Change.Begin begin) {
    for (Change.Item item : begin.items()) {
      begun
          .computeIfAbsent(new TaskRef(id, item.index()), ref -> new HashMap<>())
          .merge(begin.worker(), simulation.now(), (old, now) -> old == 0 ? now : old);
    }
  }

  private static @Nullable Peer starter(@Nullable Block block, int index) {
    History history = block == null ? null : block.entry(index).history();
    return history == null ? null : history.worker();
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
      violation(task, "its attempt fell from " + record.attempt + " to " + entry.attempt());
    }
    record.attempt = Math.max(record.attempt, entry.attempt());
    record.lapses = Math.max(record.lapses, entry.lapses());
    record.marked |= entry.history() != null && entry.history().cancelled();
    if (!entry.isFinal()) {
      if (record.outcome != null || record.removed) {
        violation(task, "waits again after its outcome " + record.outcome);
      }
      return;
    }
    if (entry.state() == TaskState.REMOVED) {
      record.removed = true;
      return;
    }
    String outcome = text(entry);
    if (record.outcome == null) {
      record.outcome = outcome;
      madeByItsAttempt(task, entry);
    } else if (!record.outcome.equals(outcome)) {
      violation(task, "two outcomes: " + record.outcome + " and " + outcome);
    }
  }

  private void madeByItsAttempt(TaskRef task, TaskEntry entry) {
    Value result = entry.result();
    if (entry.state() != TaskState.SUCCEEDED || result == null || result.bytes() == null) {
      return;
    }
    String text = new String(result.bytes(), UTF_8);
    for (Story story : byLabel.values()) {
      if (task.equals(story.task) && !text.equals(story.results.get(entry.attempt()))) {
        violation(
            task, "the result of attempt " + entry.attempt() + " was not made by it: " + text);
      }
    }
  }

  private static String text(TaskEntry entry) {
    String text = entry.state().text();
    Value result = entry.result();
    Failure failure = entry.failure();
    if (entry.state() == TaskState.SUCCEEDED && result != null) {
      byte[] bytes = result.bytes();
      return text + " " + (bytes == null ? "(" + result.size() + " bytes)" : shorten(bytes));
    }
    return entry.state() == TaskState.FAILED && failure != null
        ? text + " " + failure.message()
        : text;
  }

  private static String text(Outcome<String> outcome) {
    String text = outcome.state().text();
    if (outcome instanceof Outcome.Succeeded<String> succeeded) {
      byte[] bytes = succeeded.value().getBytes(UTF_8);
      return text
          + " "
          + (bytes.length > Value.INLINE_LIMIT ? "(" + bytes.length + " bytes)" : shorten(bytes));
    }
    return outcome instanceof Outcome.Failed<String> failed
        ? text + " " + failed.failure().message()
        : text;
  }

  private static String shorten(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    return text.length() <= 60 ? text : text.substring(0, 60) + "... " + text.length();
  }

  // The calm phase

  /** From now on tasks must move: looks four times a second. */
  public void watchForStalls() {
    watching = true;
    simulation.after(250_000_000L, this::look);
  }

  private void look() {
    if (!watching) {
      return;
    }
    // What waits in the line of a busy worker has been handed out.
    boolean free = true;
    boolean open = world.open();
    for (Map.Entry<Peer, Integer> worker : slots.entrySet()) {
      free &=
          !world.running(worker.getKey())
              || running.getOrDefault(worker.getKey(), 0) < worker.getValue();
    }
    Map<TaskRef, TaskEntry> entries = new HashMap<>();
    for (Block block : world.ledger().contents()) {
      for (int i = 0; i < block.size(); i++) {
        entries.put(new TaskRef(block.id(), i), block.entry(i));
      }
    }
    for (Story story : byLabel.values()) {
      TaskEntry entry = story.task == null ? null : entries.get(story.task);
      boolean idle =
          free
              && open
              && story.accepted
              && story.shown == null
              && entry != null
              && !(entry.isFinal() && story.open.isEmpty())
              && entry.dueAt() <= simulation.wallMillis()
              && !(story.runningNow.contains(entry.attempt())
                  && world.running(story.starts.get(entry.attempt())));
      if (!idle) {
        story.idleSince = -1;
      } else if (story.idleSince < 0) {
        story.idleSince = simulation.now();
      } else if (simulation.now() - story.idleSince > longestStall(entry)) {
        violation(
            story,
            "attempt "
                + entry.attempt()
                + ", "
                + entry.state().text()
                + ": nobody runs or shows it for "
                + longestStall(entry) / 1_000_000_000L
                + " s, it is due, and slots are free");
        story.idleSince = Long.MAX_VALUE / 2;
      }
    }
    simulation.after(250_000_000L, this::look);
  }

  private long longestStall(TaskEntry entry) {
    History history = entry.history();
    boolean suspect = history != null && history.suspect();
    return suspect || byLabel.values().stream().anyMatch(story -> story.kills > 0)
        ? LONGEST_STALL_AFTER_KILLS
        : LONGEST_STALL;
  }

  /** Whether every submission was answered, and every accepted task's outcome shown. */
  public boolean allDone() {
    for (Story story : byLabel.values()) {
      Recorded record = story.task == null ? null : records.get(story.task);
      boolean recorded = record != null && record.outcome != null;
      if (!story.answered || (story.accepted && (!recorded || story.showings < story.handles))) {
        return false;
      }
    }
    return true;
  }

  /** The end of the run: what is still open is lost. */
  public void finish() {
    watching = false;
    for (String error : simulation.errors()) {
      violations.add(new Violation(simulation.now(), "", "an exception escaped: " + error));
    }
    for (Story story : byLabel.values()) {
      Recorded record = story.task == null ? null : records.get(story.task);
      if (!story.answered) {
        violation(story, "the submission was never answered");
      } else if (story.accepted && (record == null || record.outcome == null)) {
        violation(story, "LOST: accepted, and no outcome is recorded");
      } else if (story.accepted && story.showings < story.handles) {
        violation(
            story,
            "recorded as "
                + record.outcome
                + ", but of "
                + story.handles
                + " handles only "
                + story.showings
                + " showed it");
      }
      if (record != null && record.outcome != null) {
        setAside(story, record, record.outcome);
      }
    }
  }

  private void setAside(Story story, Recorded record, String outcome) {
    boolean aside = outcome.startsWith("failed set aside: ") && outcome.contains("nodes died");
    // What lost its lease and runs on unheard takes a node with it that nobody can count.
    if (story.kills > History.MOST_DEATHS + record.lapses) {
      violation(story, "took " + story.kills + " nodes with it, and ended as " + outcome);
    }
    if (aside) {
      simulation.count("set aside");
    }
    Set<Peer> blamed = new LinkedHashSet<>(story.starts.values());
    // One that dies before it hears that its start is written might have heard it.
    begun
        .getOrDefault(story.task, Map.of())
        .forEach(
            (peer, at) -> {
              if (at == 0 || world.endedAt(peer) - at < AT_ONCE) {
                blamed.add(peer);
              }
            });
    long died = blamed.stream().filter(peer -> !world.alive(peer)).count();
    // The first death counts though the task may not have run there.
    if (aside && died < History.MOST_DEATHS - 1) {
      violation(
          story, "was set aside, and only " + died + " nodes died that ran it or were about to");
    }
    if (aside && story.kills == 0) {
      simulation.count("set aside though only near");
    }
  }

  // The verdict

  public List<Violation> violations() {
    return violations;
  }

  /** Tasks that were accepted and whose outcome was shown. */
  public int done() {
    return (int) byLabel.values().stream().filter(s -> s.accepted && s.shown != null).count();
  }

  /** Whether too little happened for the run to prove anything. */
  public boolean isVoid(int leastDone, int leastFaults) {
    int faults = simulation.counts().values().stream().mapToInt(Integer::intValue).sum();
    return done() < leastDone || faults < leastFaults;
  }

  private void violation(Story story, String what) {
    violation(story.task == null ? "" : world.labels().of(story.task), story.label + " " + what);
  }

  private void violation(TaskRef task, String what) {
    violation(world.labels().of(task), what);
  }

  private void violation(String task, String what) {
    simulation.trace("checker", "VIOLATION %s %s", task, what);
    if (violations.size() < MOST_VIOLATIONS) {
      violations.add(new Violation(simulation.now(), task, what));
    }
  }
}
