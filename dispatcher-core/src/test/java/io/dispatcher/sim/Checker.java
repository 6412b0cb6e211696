package io.dispatcher.sim;

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
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Judges a run by what its users saw and what the ledger's replicas hold, each rule under the
 * {@link Promise} that it belongs to:
 *
 * <ol>
 *   <li>what was accepted was on all replicas at that moment, nobody is told that it is not there,
 *       and it reaches a recorded outcome;
 *   <li>one outcome: an outcome on all replicas never changes, and handles show that one and no
 *       other, and only then; nobody is told later that the task is open;
 *   <li>a start has a (task, attempt) of its own, which all replicas know before; attempts never
 *       fall, fences grow with them, and a recorded result was made by the attempt it is recorded
 *       for;
 *   <li>an attempt goes on from the newest checkpoint that an earlier one was told is recorded;
 *   <li>a submission becomes one task; a refused one never runs; a cancel that was confirmed is the
 *       outcome;
 *   <li>a task that takes its nodes with it is set aside after three of them, and no other one that
 *       no two nodes died of, or might have;
 *   <li>every submission is answered, every handle of a task shows its outcome, and in the calm
 *       phase no task waits for more than 5 s (20 s if nodes may have died of it: of those one runs
 *       at a time) with slots free on every worker, nothing due and nobody running it;
 *   <li>no exception escapes;
 *   <li>a run in which too little happened proves nothing: it is void.
 * </ol>
 */
public final class Checker {

  private final SimWorld world;
  private final Simulation simulation;
  private final Map<String, Story> byLabel = new LinkedHashMap<>();
  private final Violations violations;
  private final Replicas replicas;
  private final Stalls stalls;
  private final Answers answers;
  private final Attempts attempts;
  private final Budgets budgets;
  private final Ends ends;
  private final OpenHandles open;
  private final Exported exported;

  public Checker(SimWorld world) {
    this.world = world;
    this.simulation = world.simulation();
    this.violations = new Violations(world);
    this.replicas = new Replicas(world, violations, byLabel.values());
    this.stalls = new Stalls(world, violations, byLabel.values());
    this.answers = new Answers(simulation, violations, replicas);
    this.attempts = new Attempts(world, violations, replicas, stalls);
    this.budgets = new Budgets(world, violations, replicas);
    this.ends = new Ends(violations);
    this.open = new OpenHandles(violations, byLabel.values());
    this.exported = new Exported(replicas, answers, byLabel.values());
    world.ledger().observer(replicas);
  }

  /**
   * From now on the ledger is exported: what happens meanwhile may be missing.
   *
   * @param atRest nothing runs; else a death may not have been recorded yet
   */
  public void exports(boolean atRest) {
    exported.begins(atRest);
  }

  /** What was exported goes on in another cluster. */
  public void goesOn(SimWorld next) {
    exported.goesOn(next);
    stalls.goesOn(next);
    budgets.goesOn(next);
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
    open.frontKilled(front);
  }

  /** A front has ended itself: who waits there is told, and its handles are void. */
  public void frontEnds(Peer front) {
    open.frontEnds(front);
  }

  /** Its process is gone: who has not been told never will be. */
  public void frontExits(Peer front) {
    open.frontExits(front);
  }

  public void accepted(String label, TaskId id) {
    Story story = story(label);
    story.accepted = true;
    story.perhaps = true;
    story.answered = true;
    identify(story, id);
    Replicas.Recorded record = replicas.of(story.task);
    if (record == null) {
      violations.add(Promise.RECORDED, story, "accepted, but not on all replicas");
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
    if (open.toldOfItsEnd(error, front)) {
      // What has no outcome has heard the same.
      return;
    }
    story.handles--;
    OpenHandles.closed(story, front);
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
    budgets.workerLeaves(peer);
  }

  /** How often a handler was called for this submission. */
  public int starts(String label) {
    return story(label).starts.size();
  }

  public void started(String label, TaskId id, int attempt, long fence, Peer peer) {
    Story story = story(label);
    identify(story, id);
    attempts.started(story, attempt, fence, peer);
  }

  /**
   * A handler is done.
   *
   * @param result null if it failed
   */
  public void ended(String label, int attempt, Peer peer, @Nullable String result) {
    attempts.ended(story(label), attempt, peer, result);
  }

  /** An attempt goes on, and was to be stopped by now. */
  public void overLimit(String label, int attempt) {
    attempts.overLimit(story(label), attempt);
  }

  /** A worker runs more than it has slots, though none of it was told to stop. */
  public void overSlots(String label, Peer peer, int running) {
    attempts.overSlots(story(label), peer, running);
  }

  /**
   * How a task is to end.
   *
   * @param outcome matches what may become of it
   * @param leastStarts of its handler, if it fails
   */
  public void expects(String label, Pattern outcome, int leastStarts) {
    ends.expects(label, outcome, leastStarts);
  }

  /** The task's own code takes the node with it that runs it. */
  public void kills(String label, Peer peer) {
    story(label).kills++;
    simulation.trace("client", "%s takes %s with it", label, peer.node());
    simulation.count("node killed by a poison task");
  }

  /** An attempt was told that its checkpoint is recorded. */
  public void saved(String label, int attempt, int step) {
    attempts.saved(story(label), attempt, step);
  }

  /** An attempt goes on from a checkpoint; 0: there was none. */
  public void resumed(String label, int attempt, int step) {
    attempts.resumed(story(label), attempt, step);
  }

  /** A handle shows an outcome. */
  public void shown(String label, Outcome<String> outcome, Peer front) {
    Story story = story(label);
    OpenHandles.closed(story, front);
    String text = OutcomeText.of(outcome);
    simulation.trace("client", "%s shows %s", label, text);
    identify(story, outcome.id());
    answers.ended(TaskRef.of(outcome.id()).orElseThrow());
    if (story.shown != null && !story.shown.equals(text)) {
      violations.add(Promise.ONE_OUTCOME, story, "was shown as " + story.shown + " and as " + text);
    }
    story.shown = text;
    story.showings++;
    Replicas.Recorded record = replicas.of(story.task);
    String recorded = record == null ? null : record.outcome;
    if (!text.equals(recorded)) {
      violations.add(
          Promise.ONE_OUTCOME, story, "is shown as " + text + ", all replicas hold " + recorded);
    }
    boolean marked = record != null && record.marked;
    if (story.cancelled && !marked && outcome.state() != TaskState.CANCELLED) {
      violations.add(Promise.AS_ANSWERED, story, "a confirmed cancel ended as " + text);
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
    if (open.toldOfItsEnd(error, front)) {
      simulation.trace("client", "%s: %s", label, error);
      simulation.count("handle at a node that ended");
      OpenHandles.told(story, front);
      return;
    }
    if (error instanceof AcceptUnknown && open.hasEnded(front)) {
      return;
    }
    if (!certainlyNotAccepted(error) && !(error instanceof AcceptUnknown)) {
      // Of a submission that failed notAccepted hears too.
      OpenHandles.closed(story, front);
    }
    simulation.trace("client", "%s has no outcome: %s", label, error);
    boolean removed = String.valueOf(error.getMessage()).contains("retention");
    if (late && story.shown != null && removed && replicas.forgotten(story.task)) {
      story.handles--;
      simulation.count("outcome forgotten before a late handle read it");
    } else if (removed && story.shown == null && replicas.endIsAllThatIsKnown(story.task)) {
      story.handles--;
      simulation.count("outcome gone, and its submitter told so");
    } else if (story.accepted && !certainlyNotAccepted(error)) {
      // Of two submissions of one idempotency key one may be refused; a refused handle that had
      // been accepted is missed at the end.
      violations.add(Promise.RECORDED, story, "was accepted, and its handle failed: " + error);
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
    if (story.task != null) {
      replicas.told(story.task);
    }
    Replicas.Recorded record = replicas.of(story.task);
    boolean marked = record != null && record.marked;
    if (story.shown != null && !marked && !story.shown.startsWith("cancelled")) {
      violations.add(Promise.AS_ANSWERED, story, "a cancel was confirmed after " + story.shown);
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
          Promise.AS_ANSWERED,
          story,
          "one submission is two tasks, the other one is " + world.labels().of(task));
    }
  }

  /** From now on, in the calm phase, tasks must move: looks four times a second. */
  public void watchForStalls() {
    stalls.begin();
  }

  /** Whether every submission was answered. */
  public boolean allAnswered() {
    return byLabel.values().stream().allMatch(story -> story.answered);
  }

  /** Whether this submission was accepted. */
  public boolean isAccepted(String label) {
    return story(label).accepted;
  }

  /** Whether somebody was shown the outcome of this submission. */
  public boolean isShown(String label) {
    return story(label).shown != null;
  }

  /** Whether every submission was answered, and every accepted task's outcome shown. */
  public boolean allDone() {
    for (Story story : byLabel.values()) {
      Replicas.Recorded record = replicas.of(story.task);
      boolean recorded = record != null && record.ended();
      if (!story.answered || (story.accepted && (!recorded || story.showings < story.handles))) {
        return false;
      }
    }
    return true;
  }

  /** The end of the run: what has no outcome by now gets none. */
  public void finish() {
    stalls.end();
    for (String error : simulation.errors()) {
      violations.escaped(error);
    }
    for (Story story : byLabel.values()) {
      Replicas.Recorded record = replicas.of(story.task);
      if (!story.answered) {
        violations.add(Promise.PROGRESS, story, "the submission was never answered");
      } else if (story.accepted && (record == null || !record.ended())) {
        if (replicas.stands(story.task)) {
          violations.add(Promise.PROGRESS, story, "was accepted, and has no outcome");
        } else {
          violations.add(Promise.RECORDED, story, "LOST: accepted, and there is no such task");
        }
      } else if (story.accepted && story.showings < story.handles) {
        violations.add(
            Promise.PROGRESS,
            story,
            "recorded as "
                + record.outcome
                + ", but of "
                + story.handles
                + " handles only "
                + story.showings
                + " showed it");
      }
      if (record != null) {
        budgets.judge(story, record);
        ends.judge(story, record);
      }
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
