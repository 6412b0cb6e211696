package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Role;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node takes tasks in: kept up to date as members come and go, so that asking is one
 * volatile read. Thread-safe.
 */
final class Gate {

  private static final Readiness READY = new Readiness(true, "ready");
  private static final Readiness STARTING =
      new Readiness(false, "starting: not heard yet what the workers run");

  private final Supplier<Membership> membership;
  private volatile Readiness seen = new Readiness(false, "starting: not heard of any node yet");
  private volatile boolean met;
  private volatile @Nullable Readiness leaving;

  /** Said besides, whatever else is the reason. */
  private volatile @Nullable String lasting;

  /**
   * @param membership as it is now
   * @param loop hears of the members
   */
  Gate(Supplier<Membership> membership, Loop loop) {
    this.membership = membership;
    if (membership.get().self().is(Role.FRONT)) {
      listen(loop);
    } else {
      seen = new Readiness(false, "it has no role front: submit through another node");
    }
  }

  /** Hears of the members from the membership as it is now. */
  void listen(Loop loop) {
    Membership heard = membership.get();
    if (heard.self().is(Role.FRONT)) {
      heard.listen(
          loop,
          members -> {
            if (heard.self().equals(membership.get().self())) {
              members(heard, members);
            }
          });
    }
  }

  private void members(Membership heard, List<Member> members) {
    long stores = members.stream().filter(member -> member.is(Role.STORE)).count();
    // Fewer than a majority can neither accept nor settle; a majority has all copies.
    long missing = heard.size() / 2 + 1 - stores;
    seen =
        missing <= 0
            ? READY
            : new Readiness(
                false,
                "store %d of %d: waiting for %d more".formatted(stores, heard.size(), missing));
  }

  /** The front has heard what the workers run: it will not call a type unknown that they have. */
  void met() {
    met = true;
  }

  /** It takes nothing in from now on. */
  void leave(String why) {
    String besides = lasting;
    leaving = new Readiness(false, besides == null ? why : why + "; " + besides);
  }

  /** As {@link #leave(String)}; it says this besides, whatever else it says later. */
  void leaveFor(String besides, String why) {
    lasting = besides;
    leave(why);
  }

  /** Whether it drains or is closed. */
  boolean leaving() {
    return leaving != null;
  }

  Readiness readiness() {
    Readiness last = leaving;
    if (last != null) {
      return last;
    }
    Readiness now = seen;
    String closed = membership.get().closed();
    if (closed != null && (now.ready() || met)) {
      return new Readiness(false, closed);
    }
    return now.ready() && !met ? STARTING : now;
  }
}
