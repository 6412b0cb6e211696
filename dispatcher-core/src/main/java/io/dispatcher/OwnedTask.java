package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.WaitingReason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an owner knows of a task it drives. Confined to the front's loop. */
final class OwnedTask {

  private static final int MOST_AVOIDED = 8;

  final OwnedBlock block;
  final int index;
  final Profile profile;
  final @Nullable String key;
  final long keyHash;
  final int size;
  final long submittedAt;

  byte @Nullable [] payload;
  boolean storedPayload;
  TaskState state = TaskState.WAITING;
  int attempt = 1;
  int failures;
  @Nullable Failure failure;

  /**
   * What the ledger kept of its trouble when this owner last read it; null if it met none. Changes
   * only while no worker has the task.
   */
  @Nullable History history;

  @Nullable String progress;
  @Nullable WaitingReason waiting;
  long queuedAt;

  /** Loop time at which the worker that had it was found lost; 0 if none was. */
  long lostAt;

  /** The worker that has it; null while it waits. */
  @Nullable WorkerView worker;

  /** Loop time at which the worker got it. */
  long assignedAt;

  /** Where it is counted how it fares there; null while it waits. */
  @Nullable Track track;

  /** Who submitted it; null if that is not known or over. */
  @Nullable Submitter submitter;

  /** The submitter's session on the worker that has it; null if there is none. */
  @Nullable Session session;

  @Nullable OwnedTask previous;
  @Nullable OwnedTask next;

  /**
   * The nodes that failed or lost it, the last one last: others go first. Null if there is none.
   */
  private @Nullable List<String> avoided;

  /** This node is not to be chosen again while there are others that did not fail it. */
  void avoid(String node) {
    List<String> nodes = avoided;
    if (nodes == null) {
      nodes = new ArrayList<>(1);
      avoided = nodes;
    }
    nodes.remove(node);
    nodes.add(node);
    if (nodes.size() > MOST_AVOIDED) {
      nodes.remove(0);
    }
  }

  boolean avoids() {
    return avoided != null;
  }

  /** Whether this node failed or lost it. */
  boolean avoids(String node) {
    List<String> nodes = avoided;
    return nodes != null && nodes.contains(node);
  }

  /** Whether this node was the last one that failed or lost it. */
  boolean lostBy(String node) {
    List<String> nodes = avoided;
    return nodes != null && nodes.get(nodes.size() - 1).equals(node);
  }

  /** Any worker with room will do. */
  boolean free() {
    return key == null && avoided == null && history == null && !profile.explain();
  }

  /** A worker starts one such task at a time. */
  boolean suspect() {
    History past = history;
    return past != null && past.suspect();
  }

  @Nullable Handle<?> handle;

  /** Its submitter has the outcome. */
  boolean fetched;

  /** It has failed, and is to become a dead letter before its block forgets it. */
  boolean moving;

  /** Its outcome was dropped from the ledger. */
  boolean forgotten;

  /** What its outcome weighs in the budget. */
  int kept;

  /** Where a large result lies. */
  @Nullable ValueId storedResult;

  /** It stands in line for a worker. */
  boolean queued;

  /** An owner's write of this task has no answer yet; another waits for it. */
  boolean writing;

  /** Attempts up to this one may have been started by somebody: they are not handed out again. */
  int spent;

  /** Taken over from an owner that is gone; whether a worker holds it is not known yet. */
  boolean adopting;

  /** The end that is wanted once the write under way is answered. */
  @Nullable TaskState wanted;

  Loop.@Nullable Timer due;
  Loop.@Nullable Timer deadline;

  /** Fronts that want to hear of its end; null if none does. */
  @Nullable Set<Peer> watchers;

  OwnedTask(
      OwnedBlock block,
      int index,
      Profile profile,
      @Nullable String key,
      long keyHash,
      byte @Nullable [] payload,
      int size,
      long submittedAt) {
    this.block = block;
    this.index = index;
    this.profile = profile;
    this.key = key;
    this.keyHash = keyHash;
    this.payload = payload;
    this.size = size;
    this.submittedAt = submittedAt;
  }

  void watch(Peer watcher) {
    Set<Peer> all = watchers;
    if (all == null) {
      all = new HashSet<>();
      watchers = all;
    }
    all.add(watcher);
  }

  TaskRef ref() {
    return new TaskRef(block.id, index);
  }

  boolean isFinal() {
    return state.isFinal();
  }
}
