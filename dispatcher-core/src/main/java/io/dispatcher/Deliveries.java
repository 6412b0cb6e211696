package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Message.Returned.Why;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Takes what owners deliver to this worker, and does what they ask of it afterwards: stop, yield,
 * go on for another owner. Gives back what is not to run here. Confined to the worker's loop.
 */
final class Deliveries {

  /** Makes an attempt of what was delivered. */
  interface Starts {
    Start start(Message.Delivery delivery, Peer owner, Registration<?, ?> registration);
  }

  private final Registrations registrations;
  private final HeldStarts held;
  private final Window window;
  private final Credit credit;
  private final EndedStarts ended;
  private final Stopping stopping;
  private final WriteAhead writeAhead;
  private final FrontChannels channels;
  private final Notifier notifier;
  private final Starts starts;

  Deliveries(
      Loop loop,
      LedgerWriter writer,
      Registrations registrations,
      HeldStarts held,
      Window window,
      Credit credit,
      EndedStarts ended,
      Stopping stopping,
      FrontChannels channels,
      Notifier notifier,
      Starts starts) {
    this.registrations = registrations;
    this.held = held;
    this.window = window;
    this.credit = credit;
    this.ended = ended;
    this.stopping = stopping;
    this.writeAhead = new WriteAhead(loop, writer, () -> channels.self().peer(), this::refused);
    this.channels = channels;
    this.notifier = notifier;
    this.starts = starts;
  }

  void deliver(Peer front, List<Message.Delivery> items) {
    List<Message.Attempt> refused = new ArrayList<>();
    boolean quick = credit.quick();
    List<Pool> quickly = new ArrayList<>(1);
    for (Message.Delivery item : items) {
      Registration<?, ?> registration = registrations.get(item.profile().type());
      Start old = held.get(item.ref());
      // A task with an idempotency key may be there anew, under the same name.
      if (old != null
          && old.delivery().nonce() == item.nonce()
          && old.delivery().attempt() >= item.attempt()) {
        continue;
      }
      if (window.refuses(front) || registration == null) {
        refused.add(Notifier.attempt(item));
        continue;
      }
      if (old != null) {
        stopping.drop(old);
      }
      Start start = starts.start(item, front, registration);
      held.add(start);
      if (item.deaths() > 0) {
        writeAhead.add(start);
        continue;
      }
      registration.pool().submit(start, quick);
      if (quick && !quickly.contains(registration.pool())) {
        quickly.add(registration.pool());
      }
    }
    if (quick) {
      quickly.forEach(Pool::nudge);
      ended.lookAgain();
    }
    if (!refused.isEmpty()) {
      notifier.returned(front, refused, window.refuses(front) ? Why.NOT_STARTED : Why.NO_HANDLER);
    }
    stopping.scan();
  }

  /** A front took over from another one: what is held here goes on for the new one. */
  void inventory(Peer owner, Message.Inventory asked) {
    List<Start> taken = asked.items().stream().map(held::get).filter(Objects::nonNull).toList();
    notifier.takenOver(owner, taken);
    taken.forEach(start -> held.owner(start, owner));
    List<Message.Attempt> here = taken.stream().map(Notifier::attempt).toList();
    channels.to(owner).send(new Message.Holding(asked.question(), here));
  }

  /** A front that has lost the task to another one, and does not know it yet, stops nothing. */
  void stop(Peer front, Message.Attempt attempt) {
    Start start = held.get(attempt.ref());
    if (start != null
        && start.owner().equals(front)
        && start.delivery().nonce() == attempt.nonce()
        && start.delivery().attempt() <= attempt.attempt()) {
      stopping.drop(start);
    }
  }

  void letYield(Message.Attempt attempt) {
    Start start = held.get(attempt);
    if (start != null) {
      start.letYield();
    }
  }

  /** The attempt ends at a checkpoint, and another one goes on from there. */
  void yielded(Start start) {
    if (held.has(start) && start.endAtCheckpoint()) {
      stopping.stopped(start);
      stopping.scan();
      notifier.returned(start.owner(), List.of(Notifier.attempt(start)), Why.YIELDED);
      held.release(start);
    }
  }

  /** The ledger does not let it start: whoever sent it is told, and looks what is true. */
  void refused(Start start) {
    if (held.has(start)) {
      stopping.drop(start);
      notifier.fenced(start);
    }
  }

  /** It is held no more. */
  void released(Start start) {
    writeAhead.released(start);
  }

  /** Whether the ledger knows what starts here after all, and what does not. */
  boolean toldLedger() {
    return writeAhead.answered();
  }

  /**
   * @param stops stops an attempt, unless it is to go on
   */
  void giveBack(Predicate<Start> stops, Why why) {
    Map<Peer, List<Message.Attempt>> returned = new HashMap<>();
    List<Start> stopped = new ArrayList<>();
    for (Start start : held.all()) {
      if (stops.test(start)) {
        stopped.add(start);
        returned
            .computeIfAbsent(start.owner(), front -> new ArrayList<>())
            .add(Notifier.attempt(start));
        if (start.startedAt() != 0) {
          stopping.stopped(start);
        }
      }
    }
    returned.forEach((front, items) -> notifier.returned(front, items, why));
    stopped.forEach(held::release);
    stopping.scan();
  }
}
