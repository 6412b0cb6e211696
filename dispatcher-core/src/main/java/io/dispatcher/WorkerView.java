package io.dispatcher;

import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A front's view of one worker. Confined to the front's loop. */
final class WorkerView {

  final Member member;
  final Channel channel;
  final Set<String> types = new HashSet<>();

  /**
   * What goes out at the end of the turn; a new list each time, as young objects are cheap to store
   * into.
   */
  List<OwnedTask> outbox = new ArrayList<>();

  /** It has said what it runs. */
  boolean met;

  int slots = 1;
  double weight = 1;
  boolean draining;

  /** No report for a while, or its link closed: not chosen until it is heard of. */
  boolean suspect;

  /** Its lease has lapsed; what it had was handed out again. */
  boolean lapsed;

  int credit;

  /** Attempts on its slots, for all fronts. */
  int running;

  /** Attempts that it has, for all fronts. */
  int held;

  int inFlight;

  /** Tasks it has from here that nodes may have died of. */
  int suspects;

  int others;
  long heardAt;
  private @Nullable OwnedTask first;

  WorkerView(Member member, Channel channel, long now) {
    this.member = member;
    this.channel = channel;
    this.heardAt = now;
  }

  String node() {
    return member.peer().node();
  }

  void assign(OwnedTask task) {
    task.worker = this;
    task.previous = null;
    task.next = first;
    if (first != null) {
      first.previous = task;
    }
    first = task;
    inFlight++;
    suspects += task.suspect() ? 1 : 0;
  }

  void unassign(OwnedTask task) {
    OwnedTask before = task.previous;
    OwnedTask after = task.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    task.previous = null;
    task.next = null;
    task.worker = null;
    inFlight--;
    suspects -= task.suspect() ? 1 : 0;
  }

  /** Every task it has, as a copy. */
  List<OwnedTask> assigned() {
    List<OwnedTask> all = new ArrayList<>(inFlight);
    for (OwnedTask task = first; task != null; task = task.next) {
      all.add(task);
    }
    return all;
  }

  /** Shows every task it has. */
  void each(Consumer<OwnedTask> seen) {
    for (OwnedTask task = first; task != null; task = task.next) {
      seen.accept(task);
    }
  }

  void room(Message.Room room, long now) {
    credit = room.credit();
    held = room.total();
    others = Math.max(0, room.total() - room.mine());
    heardAt = now;
    suspect = false;
    lapsed = false;
  }

  boolean open() {
    return !draining && !suspect && inFlight < credit;
  }
}
