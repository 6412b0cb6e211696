package io.dispatcher;

import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskRef;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has taken and not yet settled: the only truth about what is running. Confined to
 * the worker's loop.
 */
final class HeldStarts {

  private final Map<TaskRef, Start> starts = new HashMap<>();
  private final Collection<Start> all = Collections.unmodifiableCollection(starts.values());

  /** How many of each owner, where there are any. */
  private final Map<Peer, Integer> counts = new HashMap<>();

  private final Consumer<Start> released;

  /**
   * @param released told of each start that is held no more
   */
  HeldStarts(Consumer<Start> released) {
    this.released = released;
  }

  /** The newest attempt of the task. */
  @Nullable Start get(TaskRef ref) {
    return starts.get(ref);
  }

  /** That attempt and no other. */
  @Nullable Start get(Message.Attempt attempt) {
    Start start = starts.get(attempt.ref());
    return start != null
            && start.delivery().nonce() == attempt.nonce()
            && start.delivery().attempt() == attempt.attempt()
        ? start
        : null;
  }

  boolean has(Start start) {
    return starts.get(start.delivery().ref()) == start;
  }

  void add(Start start) {
    starts.put(start.delivery().ref(), start);
    counts.merge(start.owner(), 1, Integer::sum);
  }

  /** Another front drives the task now. */
  void owner(Start start, Peer next) {
    uncount(start.owner());
    start.owner(next);
    counts.merge(next, 1, Integer::sum);
  }

  /** Does nothing if it is held no more. */
  void release(Start start) {
    if (starts.remove(start.delivery().ref(), start)) {
      uncount(start.owner());
      released.accept(start);
    }
  }

  private void uncount(Peer owner) {
    counts.computeIfPresent(owner, (peer, count) -> count == 1 ? null : count - 1);
  }

  /** As they are at any time. */
  Collection<Start> all() {
    return all;
  }

  boolean isEmpty() {
    return starts.isEmpty();
  }

  int size() {
    return starts.size();
  }

  /** How many this owner drives. */
  int of(Peer owner) {
    return counts.getOrDefault(owner, 0);
  }

  /** How many drive any. */
  int owners() {
    return counts.size();
  }
}
