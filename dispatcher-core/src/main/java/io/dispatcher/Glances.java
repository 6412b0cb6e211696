package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.TaskStatus;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Questions that the ledger does not answer, because one of its nodes stands still: every front is
 * asked. The owner may be among them; who holds a copy tells what that says, which counts only
 * while it is not final. Nobody's word is confirmed, so that all of it is stale. Confined to the
 * front's loop.
 */
final class Glances {

  /** After this long without a clean answer of the ledger all fronts are asked. */
  private static final long CLEAN_WITHIN = 400_000_000L;

  /** So long the owner's own word is preferred to a copy's. */
  private static final long OWNER_WITHIN = 100_000_000L;

  /** One question; told by identity. */
  static final class Glance {
    private final TaskRef ref;
    private final CompletableFuture<Optional<TaskStatus>> future;
    private Loop.@Nullable Timer timer;
    private @Nullable TaskStatus copy;
    private boolean copyWillDo;

    private Glance(TaskRef ref, CompletableFuture<Optional<TaskStatus>> future) {
      this.ref = ref;
      this.future = future;
    }
  }

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Set<Glance> open = new HashSet<>();
  private List<Peer> fronts = List.of();

  Glances(Loop loop, LedgerWriter writer, Peer self, Channels channels, Callbacks callbacks) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.channels = channels;
    this.callbacks = callbacks;
  }

  /** These live. */
  void members(List<Member> now) {
    fronts =
        now.stream()
            .filter(member -> member.is(Role.FRONT) && !member.peer().equals(self))
            .map(Member::peer)
            .toList();
  }

  /** Begins unless it is {@link #over} soon. */
  Glance soon(TaskRef ref, CompletableFuture<Optional<TaskStatus>> future) {
    Glance glance = new Glance(ref, future);
    glance.timer = loop.after(CLEAN_WITHIN, () -> ask(glance));
    return glance;
  }

  /** The ledger has answered, or is not waited for any more. */
  void over(Glance glance) {
    open.remove(glance);
    if (glance.timer != null) {
      glance.timer.cancel();
    }
  }

  private void ask(Glance glance) {
    open.add(glance);
    fronts.forEach(front -> channels.to(front, Role.FRONT).send(new Message.Watch(glance.ref)));
    glance.timer =
        loop.after(
            OWNER_WITHIN,
            () -> {
              glance.copyWillDo = true;
              TaskStatus copy = glance.copy == null ? copy(glance.ref) : glance.copy;
              if (copy != null) {
                answer(glance, copy);
                callbacks.flush();
              }
            });
  }

  /** What this node holds of a task, if it has not ended as far as that says. */
  @Nullable TaskStatus copy(TaskRef ref) {
    Block block = writer.copy(ref.block());
    TaskEntry entry =
        block == null || ref.index() >= block.size() ? null : block.entry(ref.index());
    return entry == null || entry.isFinal() ? null : Finder.recorded(ref, entry, true);
  }

  /** A front says how a task stands. */
  void told(Message.Watched watched) {
    for (Glance glance : List.copyOf(open)) {
      if (!glance.ref.equals(watched.task())) {
        continue;
      }
      if (watched.known() && !watched.state().isFinal()) {
        answer(glance, Finder.status(watched, null, null, true));
      } else if (!watched.known() && !watched.type().isEmpty()) {
        TaskStatus copy = stale(watched);
        glance.copy = copy;
        if (glance.copyWillDo) {
          answer(glance, copy);
        }
      }
    }
  }

  private void answer(Glance glance, TaskStatus status) {
    over(glance);
    callbacks.add(() -> glance.future.complete(Optional.of(status)));
  }

  private static TaskStatus stale(Message.Watched copy) {
    return new TaskStatus(
        copy.task().id(), copy.type(), copy.state(), null, null, copy.attempt(), null, null, true);
  }
}
