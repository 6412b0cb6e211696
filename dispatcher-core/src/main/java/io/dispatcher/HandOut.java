package io.dispatcher;

import io.dispatcher.balance.Pick;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the tasks that wait, as far as workers take them: types in turn, and tasks for the same
 * worker in one message. Confined to the front's loop.
 */
final class HandOut {

  private static final int MAX_MESSAGE_BYTES = 512 * 1024;

  private final Loop loop;
  private final Meters meters;
  private final Collection<WorkerView> workers;
  private final FaultLog faults;
  private final Sessions sessions;
  private final Placements placements;
  private final Pick pick;
  private final Set<TypeQueue> ready = new LinkedHashSet<>();
  private final Set<WorkerView> outgoing = new LinkedHashSet<>();
  private boolean held;

  /**
   * @param workers all there are
   */
  HandOut(
      Loop loop,
      Meters meters,
      Collection<WorkerView> workers,
      FaultLog faults,
      Sessions sessions,
      Placements placements) {
    this.loop = loop;
    this.meters = meters;
    this.workers = workers;
    this.faults = faults;
    this.sessions = sessions;
    this.placements = placements;
    this.pick = new Pick(loop.random());
  }

  /** Tasks of this queue wait. */
  void ready(TypeQueue queue) {
    ready.add(queue);
  }

  /** Nothing is to be sent to this worker any more. */
  void left(WorkerView view) {
    outgoing.remove(view);
  }

  /**
   * Whether to hand nothing out for now.
   *
   * @return whether that is new
   */
  boolean hold(boolean now) {
    boolean changed = held != now;
    held = now;
    return changed;
  }

  /** Hands out what can go. */
  void dispatch() {
    if (held) {
      return;
    }
    if (!ready.isEmpty()) {
      long now = loop.now();
      for (TypeQueue queue : ready) {
        dispatch(queue, now, true, Double.MAX_VALUE);
      }
      if (ready.size() == 1) {
        dispatch(ready.iterator().next(), now, false, Double.MAX_VALUE);
      } else {
        inTurn(now);
      }
      ready.removeIf(queue -> queue.size() == 0);
    }
    for (WorkerView view : outgoing) {
      deliver(view);
    }
    outgoing.clear();
  }

  /** A type whose turn it is. */
  private record Turn(TypeQueue queue, double rank) implements Comparable<Turn> {
    @Override
    public int compareTo(Turn other) {
      return Double.compare(rank, other.rank);
    }
  }

  /** Types wait in one line: whoever has much to do does not keep the others from the workers. */
  private void inTurn(long now) {
    PriorityQueue<Turn> turns = new PriorityQueue<>();
    for (TypeQueue queue : ready) {
      turns.add(new Turn(queue, queue.waiting.rank(now)));
    }
    for (Turn turn = turns.poll(); turn != null; turn = turns.poll()) {
      Turn next = turns.peek();
      TypeQueue queue = turn.queue();
      if (dispatch(queue, now, false, next == null ? Double.MAX_VALUE : next.rank())) {
        turns.add(new Turn(queue, queue.waiting.rank(now)));
      }
    }
  }

  /**
   * Hands out tasks of one type.
   *
   * @param most the highest rank that may go out: behind it another type has its turn
   * @return whether that is why there are some left
   */
  private boolean dispatch(TypeQueue queue, long now, boolean suspects, double most) {
    WorkerView last = null;
    OwnedTask first = null;
    Track track = null;
    int run = 0;
    for (OwnedTask task = queue.waiting.peek(now, suspects);
        task != null;
        task = queue.waiting.peek(now, suspects)) {
      if (most != Double.MAX_VALUE && queue.waiting.rank(now) > most) {
        return true;
      }
      if (task.worker != null || task.writing || task.payload == null) {
        queue.waiting.take(task);
        continue;
      }
      WorkerView view;
      if (run > 0 && last != null && queue.again(now) && alike(task, first, queue)) {
        run--;
        view = last;
      } else {
        view = queue.pick(task, pick, now);
        last = view;
        first = task;
        track = view == null ? null : queue.track();
        run = view == null || !task.free() ? 0 : queue.run();
      }
      if (view == null || track == null) {
        task.waiting = queue.reason();
        return false;
      }
      queue.waiting.take(task);
      task.waiting = null;
      if (task.profile.explain()) {
        placements.put(task.ref(), queue.explain(task, pick, workers, loop));
      }
      view.assign(task, track, queue.usual(), now);
      if (task.key == null && queue.asksForSessions()) {
        sessions.began(task, view);
      }
      view.outbox.add(task);
      if (view.outbox.size() == 1) {
        outgoing.add(view);
      }
      if (task.lostAt != 0) {
        meters.restart.record(now - task.lostAt);
        faults.restarted(task, now);
        task.lostAt = 0;
      } else {
        queue.tally.queued(meters.queueing.record(now - task.queuedAt));
      }
      // From here on: when it was handed out.
      task.queuedAt = now;
    }
    return false;
  }

  /** Whether one pick can hold for both. */
  private static boolean alike(OwnedTask task, @Nullable OwnedTask first, TypeQueue queue) {
    return first != null
        && task.block == first.block
        && task.free()
        && (task.submitter == first.submitter || !queue.asksForSessions());
  }

  private void deliver(WorkerView view) {
    List<Message.Delivery> batch = new ArrayList<>(view.outbox.size());
    long wall = loop.wallMillis();
    int bytes = 0;
    for (OwnedTask task : view.outbox) {
      if (task.worker != view) {
        continue;
      }
      int size = task.size + 192 + (task.key == null ? 0 : 3 * task.key.length());
      if (!batch.isEmpty() && bytes + size > MAX_MESSAGE_BYTES) {
        view.channel.send(new Message.Deliver(List.copyOf(batch)));
        batch.clear();
        bytes = 0;
      }
      batch.add(delivery(task, wall));
      bytes += size;
    }
    view.outbox = new ArrayList<>();
    if (!batch.isEmpty()) {
      view.channel.send(new Message.Deliver(List.copyOf(batch)));
    }
  }

  private static Message.Delivery delivery(OwnedTask task, long wall) {
    long deadline = task.profile.deadlineMillis();
    long left = deadline == 0 ? 0 : Math.max(1, task.block.createdAt + deadline - wall);
    return new Message.Delivery(
        task.block.id,
        task.block.nonce,
        task.block.epoch,
        task.index,
        task.attempt,
        task.failures,
        task.history == null ? 0 : task.history.deaths(),
        task.profile,
        task.key,
        Objects.requireNonNull(task.payload),
        left);
  }

  /** Loop time since which the oldest waiting task waits; now if none does. */
  long oldestWaitingSince() {
    long oldest = loop.now();
    for (TypeQueue queue : ready) {
      oldest = Math.min(oldest, queue.waiting.oldestSince());
    }
    return oldest;
  }
}
