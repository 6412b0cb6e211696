package io.dispatcher;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Picker;
import io.dispatcher.balance.Workers;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A balancer that users brought, whose faults must not be those of the front: where it throws, or
 * chooses no worker that can take the task though there is one, {@link Balancers#leastRequests}
 * chooses. All faults are counted, and the first one is logged. Confined to the front's loop.
 */
final class GuardedBalancer implements Balancer {

  private static final Logger LOG = System.getLogger("io.dispatcher");

  private final String type;
  private final String name;
  private final Balancer ours = Balancers.leastRequests();
  private final Balancer theirs;
  private final LongAdder faults;
  private final boolean asksForSessions;
  private boolean told;

  /** For the last task ours chose. */
  private boolean substituted;

  private GuardedBalancer(
      String type, String name, Supplier<Balancer> balancers, LongAdder faults) {
    this.type = type;
    this.name = name;
    this.faults = faults;
    this.theirs = made(balancers);
    this.asksForSessions = asks();
  }

  /**
   * A new balancer, guarded if it is not built in.
   *
   * @param type whose tasks it places
   * @param name under which it was found
   */
  static Balancer of(String type, String name, Supplier<Balancer> balancers, LongAdder faults) {
    return Balancers.isBuiltIn(name)
        ? balancers.get()
        : new GuardedBalancer(type, name, balancers, faults);
  }

  private Balancer made(Supplier<Balancer> balancers) {
    try {
      return Objects.requireNonNull(balancers.get(), "the provider made none");
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      fault("cannot be made", e);
      return ours;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String rule() {
    if (substituted) {
      return ours.rule() + ", as balancer " + name + " chose nobody who can take it";
    }
    try {
      return theirs.rule();
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      fault("cannot tell its rule", e);
      return Balancer.super.rule();
    }
  }

  @Override
  public boolean asksForSessions() {
    return asksForSessions;
  }

  private boolean asks() {
    try {
      return theirs.asksForSessions();
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      fault("cannot tell whether it asks for sessions", e);
      return false;
    }
  }

  @Override
  public Picker picker(Workers workers) {
    Picker spare = ours.picker(workers);
    Picker picker;
    try {
      picker = theirs.picker(workers);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      fault("has no picker for " + workers.size() + " workers", e);
      return pick -> {
        int ours = spare.pick(pick);
        substituted = ours >= 0;
        return ours;
      };
    }
    return pick -> {
      int chosen;
      substituted = false;
      try {
        chosen = picker.pick(pick);
      } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
        fault("cannot pick", e);
        int ours = spare.pick(pick.clearDraws());
        substituted = ours >= 0;
        return ours;
      }
      if (takesTasks(workers, chosen)) {
        return chosen;
      }
      int instead = spare.pick(pick.clearDraws());
      substituted = instead >= 0;
      if (chosen != -1) {
        fault("chose worker " + chosen + " of " + workers.size() + ", which takes no task", null);
      } else if (instead >= 0) {
        fault("chose nobody, and worker " + instead + " takes tasks", null);
      }
      return instead;
    };
  }

  private static boolean takesTasks(Workers workers, int i) {
    return i >= 0 && i < workers.size() && workers.open(i) && workers.weight(i) > 0;
  }

  private void fault(String what, @Nullable Throwable cause) {
    faults.increment();
    if (!told) {
      told = true;
      LOG.log(
          Level.WARNING,
          "balancer "
              + name
              + " of type "
              + type
              + " "
              + what
              + "; "
              + ours.name()
              + " chooses where it cannot. Further faults are only counted",
          cause);
    }
  }
}
