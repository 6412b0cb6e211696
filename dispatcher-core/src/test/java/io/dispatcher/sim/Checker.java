package io.dispatcher.sim;

import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges a run by what its users saw and what the ledger's replicas hold:
 *
 * <ol>
 *   <li>what was accepted was on all replicas at that moment, and reaches a recorded outcome;
 *   <li>one outcome: an outcome on all replicas never changes, and handles show that one and no
 *       other, and only then; nobody is told later that the task is open;
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
public final class Checker {

  /** So soon a worker starts what it was told is written ahead. */
  private static final long AT_ONCE = 200_000_000L;

  private final SimWorld world;
  private final Simulation simulation;
  private final Map<String, Story> byLabel = new LinkedHashMap<>();
  private final Violations violations;
  private final Replicas replicas;
  private final Stalls stalls;
  private final Answers answers;

  public Checker(SimWorld world) {
    this.world = world;
    this.simulation = world.simulation();
    this.violations = new Violations(world);
    this.replicas = new Replicas(world, violations, byLabel.values());
    this.stalls = new Stalls(world, violations, byLabel.values());
    this.answers = new Answers(simulation, violations, replicas);
    world.ledger().observer(replicas);
  }

  /** What all copies of the ledger hold. */
  Replicas replicas() {
    return replicas;
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
    Replicas.Recorded record = replicas.of(story.task);
    if (record == null) {
      violations.add(story, "accepted, but not on all replicas");
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
    stalls.worker(peer, count);
  }

  /** A worker takes nothing any more. */
  public void workerLeaves(Peer peer) {
    stalls.workerLeaves(peer);
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
      violations.add(story, "was refused, and runs");
    }
    Peer before = story.starts.putIfAbsent(attempt, peer);
    if (before != null) {
      violations.add(
          story, "attempt " + attempt + " was started on " + before + " and again on " + peer);
    }
    story.fences.put(attempt, fence);
    for (Map.Entry<Integer, Long> other : story.fences.entrySet()) {
      if (Integer.compare(other.getKey(), attempt) != Long.compare(other.getValue(), fence)) {
        violations.add(
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
    stalls.started(peer);
  }

  /**
   * A handler is done.
   *
   * @param result null if it failed
   */
  public void ended(String label, int attempt, Peer peer, @Nullable String result) {
    Story story = story(label);
    if (story.runningNow.remove(attempt)) {
      stalls.ended(peer);
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
      violations.add(
          story,
          "attempt " + attempt + " starts from step " + step + ", but " + saved + " was saved");
    }
  }

  /** A handle shows an outcome. */
  public void shown(String label, Outcome<String> outcome, Peer front) {
    Story story = story(label);
    closed(story, front);
    String text = OutcomeText.of(outcome);
    simulation.trace("client", "%s shows %s", label, text);
    identify(story, outcome.id());
    answers.ended(TaskRef.of(outcome.id()).orElseThrow());
    if (story.shown != null && !story.shown.equals(text)) {
      violations.add(story, "was shown as " + story.shown + " and as " + text);
    }
    story.shown = text;
    story.showings++;
    Replicas.Recorded record = replicas.of(story.task);
    String recorded = record == null ? null : record.outcome;
    if (!text.equals(recorded)) {
      violations.add(story, "is shown as " + text + ", all replicas hold " + recorded);
    }
    boolean marked = record != null && record.marked;
    if (story.cancelled && !marked && outcome.state() != TaskState.CANCELLED) {
      violations.add(story, "a confirmed cancel ended as " + text);
    }
  }

  /** Somebody asked how an accepted task stands, and was told that there is no such task. */
  public void unknown(TaskId task) {
    answers.unknown(TaskRef.of(task).orElseThrow());
  }

  /** Somebody who asked at this time how a task stands was told. */
  public void told(TaskStatus status, long asked) {
    answers.told(TaskRef.of(status.id()).orElseThrow(), status, asked);
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
    boolean removed = String.valueOf(error.getMessage()).contains("retention");
    if (late && story.shown != null && removed && replicas.forgotten(story.task)) {
      story.handles--;
      simulation.count("outcome forgotten before a late handle read it");
    } else if (story.accepted && !certainlyNotAccepted(error)) {
      // Of two submissions of one idempotency key one may be refused; a refused handle that had
      // been
      // accepted is missed at the end.
      violations.add(story, "was accepted, and its handle failed: " + error);
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
    Replicas.Recorded record = replicas.of(story.task);
    boolean marked = record != null && record.marked;
    if (story.shown != null && !marked && !story.shown.startsWith("cancelled")) {
      violations.add(story, "a cancel was confirmed after " + story.shown);
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
      violations.add(
          story, "one submission is two tasks, the other one is " + world.labels().of(task));
    }
  }

  /** From now on, in the calm phase, tasks must move: looks four times a second. */
  public void watchForStalls() {
    stalls.begin();
  }

  /** Whether every submission was answered, and every accepted task's outcome shown. */
  public boolean allDone() {
    for (Story story : byLabel.values()) {
      Replicas.Recorded record = replicas.of(story.task);
      boolean recorded = record != null && record.outcome != null;
      if (!story.answered || (story.accepted && (!recorded || story.showings < story.handles))) {
        return false;
      }
    }
    return true;
  }

  /** The end of the run: what is still open is lost. */
  public void finish() {
    stalls.end();
    for (String error : simulation.errors()) {
      violations.escaped(error);
    }
    for (Story story : byLabel.values()) {
      Replicas.Recorded record = replicas.of(story.task);
      if (!story.answered) {
        violations.add(story, "the submission was never answered");
      } else if (story.accepted && (record == null || record.outcome == null)) {
        violations.add(story, "LOST: accepted, and no outcome is recorded");
      } else if (story.accepted && story.showings < story.handles) {
        violations.add(
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

  private void setAside(Story story, Replicas.Recorded record, String outcome) {
    boolean aside = outcome.startsWith("failed set aside: ") && outcome.contains("nodes died");
    // What lost its lease and runs on unheard takes a node with it that nobody can count.
    if (story.kills > History.MOST_DEATHS + record.lapses) {
      violations.add(story, "took " + story.kills + " nodes with it, and ended as " + outcome);
    }
    if (aside) {
      simulation.count("set aside");
    }
    Set<Peer> blamed = new LinkedHashSet<>(story.starts.values());
    // One that dies before it hears that its start is written might have heard it.
    replicas
        .begun(story.task)
        .forEach(
            (peer, at) -> {
              // A process that was cut off goes on under the name it started with.
              boolean ranThere =
                  story.starts.values().stream()
                      .anyMatch(start -> start.node().equals(peer.node()));
              // Nor need it begin: an heir may have stopped it meanwhile.
              boolean cutOff = world.parted(peer);
              if (at == 0 || ranThere || cutOff || world.endedAt(peer) - at < AT_ONCE) {
                blamed.add(peer);
              }
            });
    long died = blamed.stream().filter(peer -> !world.alive(peer) || world.parted(peer)).count();
    // The first death counts though the task may not have run there.
    if (aside && died < History.MOST_DEATHS - 1) {
      violations.add(
          story, "was set aside, and only " + died + " nodes died that ran it or were about to");
    }
    if (aside && story.kills == 0) {
      simulation.count("set aside though only near");
    }
  }

  // The verdict

  public List<Violation> violations() {
    return violations.all();
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
}
