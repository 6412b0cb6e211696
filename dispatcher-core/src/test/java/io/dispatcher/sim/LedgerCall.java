package io.dispatcher.sim;

import static io.dispatcher.sim.ErringLedger.MILLI;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Delta;
import io.dispatcher.ledger.Reply;
import io.dispatcher.sim.Partition.Replica;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One call to the ledger, on its way to the primary, there, at the backups and back. Requests,
 * backups and answers get lost, come late or twice.
 */
final class LedgerCall {

  /** What a call does: at the primary, then at each backup. */
  interface Operation {
    /** Null if it was not done: a copy of what is missing may still come. */
    @Nullable Effect at(Replica primary, boolean again);
  }

  /** What the primary decided, as a backup applies it. */
  interface Copying {
    void to(Replica backup) throws Delta.ReplicaBehind;
  }

  /**
   * What an operation did at the primary, and what is left to do.
   *
   * @param copying null if no backup hears of it
   */
  record Effect(Answer answer, @Nullable Copying copying, Runnable onAllCopies) {
    /** Done at the primary, with nothing for the backups. */
    static Effect only(Answer answer) {
      return new Effect(answer, backup -> {}, () -> {});
    }
  }

  private final ErringLedger ledger;
  private final SimWorld world;
  private final Simulation simulation;
  private final RandomGenerator random;

  private final SimNode caller;
  private final Side side;
  private final Partition partition;
  private final String what;
  private final Operation operation;
  private final Executor executor;
  private final Consumer<Reply> then;
  private boolean replied;

  /** Whoever carries it out once more does not say for the first one that it did not happen. */
  private boolean carriedOut;

  private boolean mute;
  private Supplier<@Nullable Reply> shown = () -> null;

  LedgerCall(
      ErringLedger ledger,
      SimNode caller,
      Partition partition,
      String what,
      Operation operation,
      Executor executor,
      Consumer<Reply> then) {
    this.ledger = ledger;
    this.world = ledger.world;
    this.simulation = ledger.simulation;
    this.random = ledger.random;
    this.caller = caller;
    this.side = world.side(caller);
    this.partition = partition;
    this.what = what;
    this.operation = operation;
    this.executor = executor;
    this.then = then;
  }

  LedgerCall readBack(Supplier<@Nullable Reply> primaryShows) {
    shown = primaryShows;
    return this;
  }

  void start() {
    Faults faults = world.faults();
    if (!side.takesCalls(simulation.now()) || caller.rejoining()) {
      reply(MILLI, new Reply.Unavailable("no majority of the store nodes"));
      return;
    }
    if (ledger.hit(faults.requestLost(), "ledger request lost")) {
      simulation.trace(caller.name(), "ledger: %s LOST", what);
      reply(ledger.timeout, new Reply.Unclean("time-out"));
      return;
    }
    if (ledger.hit(faults.requestLate(), "ledger request late")) {
      simulation.trace(caller.name(), "ledger: %s LATE", what);
      reply(ledger.timeout, new Reply.Unclean("time-out"));
      simulation.after(ledger.timeout + random.nextLong(2_000) * MILLI, () -> arrive(true));
      return;
    }
    simulation.trace(caller.name(), "ledger: %s", what);
    mute = ledger.hit(faults.answerLost(), "ledger answer lost");
    if (mute) {
      reply(random.nextLong(ledger.timeout), new Reply.Unclean("member left"));
    }
    boolean twice = ledger.hit(faults.requestTwice(), "ledger request carried out twice");
    long way = travel();
    simulation.after(way, () -> arrive(false));
    if (twice) {
      simulation.after(way + random.nextLong(1_500) * MILLI, () -> arrive(true));
    }
  }

  private long travel() {
    boolean local = !partition.replicas.isEmpty() && partition.replicas.get(0) == caller;
    return local ? 5_000 + random.nextLong(20_000) : world.network().delay();
  }

  private void arrive(boolean again) {
    if (partition.replicas.isEmpty() || partition.primaryAway) {
      reply(ledger.timeout, new Reply.Unclean("no primary"));
      return;
    }
    SimNode primary = partition.replicas.get(0);
    if (!world.reaches(caller, primary) || world.side(caller) != side) {
      // It never arrives, or from somebody who is no member.
      simulation.count("ledger call cut off");
      reply(ledger.timeout, new Reply.Unclean("time-out"));
      return;
    }
    if (!world.reaches(primary, caller)) {
      mute = true;
    }
    if (!primary.alive()) {
      // Until the death is noticed; then some calls go to the new primary, others fail.
      long epoch = partition.epoch;
      simulation.after(20 * MILLI, () -> afterDeath(epoch, again));
      return;
    }
    if (primary.paused()) {
      simulation.after(5 * MILLI, () -> arrive(again));
      return;
    }
    execute(primary, again);
  }

  private void afterDeath(long epoch, boolean again) {
    if (partition.epoch == epoch) {
      simulation.after(20 * MILLI, () -> afterDeath(epoch, again));
    } else if (random.nextBoolean()) {
      simulation.count("ledger member left");
      reply(0, new Reply.Unclean("member left"));
    } else {
      arrive(again);
    }
  }

  private void execute(SimNode primary, boolean again) {
    if (!side.takesCalls(simulation.now())) {
      simulation.count("ledger call too late for an open ledger");
      if (!carriedOut) {
        reply(travel(), new Reply.Unavailable("no majority of the store nodes"));
      }
      return;
    }
    Faults faults = world.faults();
    @Nullable Effect effect = operation.at(partition.primary(), again);
    if (effect == null) {
      simulation.count("ledger call waits for copies");
      reply(travel(), new Reply.Missing());
      return;
    }
    carriedOut = true;
    long epoch = partition.epoch;
    boolean thin =
        partition.replicas.size() + partition.away < ledger.copies()
            && ledger.sabotage != Sabotage.HAZELCAST_DEFAULT;
    List<SimNode> backups = List.copyOf(partition.replicas.subList(1, partition.replicas.size()));
    int[] missing = {backups.size() + partition.away};
    boolean dirty = false;
    simulation.trace(primary.name(), "ledger: applied %s: %s", what, effect.answer().status());
    if (partition.away > 0) {
      simulation.count("ledger call at a primary that was thrown out");
    }
    Copying copying = effect.copying();
    if (copying == null) {
      copied(effect, thin);
      return;
    }
    if (ledger.sabotage == Sabotage.EARLY_REPLY) {
      reply(travel(), new Reply.Clean(effect.answer()));
    }
    for (SimNode backup : backups) {
      if (!world.reaches(primary, backup) || ledger.hit(faults.backupLost(), "backup lost")) {
        simulation.trace(primary.name(), "ledger: backup of %s to %s LOST", what, backup.name());
        dirty = true;
        partition.gaps.add(backup);
        continue;
      }
      long delay = world.network().delay();
      if (ledger.hit(faults.backupLate(), "backup late")) {
        simulation.trace(primary.name(), "ledger: backup of %s to %s LATE", what, backup.name());
        delay += ledger.timeout + random.nextLong(1_500) * MILLI;
        dirty = true;
      }
      long link = partition.link(backup);
      long at = partition.arrival(backup, simulation.now() + delay);
      simulation.after(
          at - simulation.now(),
          () ->
              backup.after(
                  0,
                  () -> {
                    if (partition.epoch == epoch
                        && partition.link(backup) == link
                        && partition.replicas.contains(backup)
                        && copy(copying, backup)
                        && world.reaches(backup, caller)
                        && --missing[0] == 0) {
                      copied(effect, thin);
                    }
                  }));
    }
    if (missing[0] == 0) {
      copied(effect, thin);
    }
    reply(ledger.timeout, new Reply.Unclean("backups did not answer"));
    if (dirty
        && world.isVault(primary)
        && ledger.copying.whole(side)
        && ledger.hit(faults.primaryDies(), "primary died dirty")) {
      simulation.after(random.nextLong(50 * MILLI), () -> ledger.copying.killIfWhole(primary));
    }
    if (ledger.hit(faults.primaryMoved(), "primary told to move")) {
      simulation.after(random.nextLong(5 * MILLI), () -> ledger.copying.move(partition));
    }
  }

  private boolean copy(Copying copying, SimNode backup) {
    try {
      copying.to(partition.data.get(backup));
    } catch (Delta.ReplicaBehind behind) {
      simulation.count("replica behind");
      simulation.trace(backup.name(), "ledger: refuses %s: %s", what, behind.getMessage());
      partition.gaps.add(backup);
      return false;
    }
    if (partition.gaps.remove(backup)) {
      simulation.after(
          random.nextLong(200) * MILLI, () -> ledger.copying.synchronize(partition, backup));
    }
    return true;
  }

  private void copied(Effect effect, boolean thin) {
    if (thin) {
      simulation.count("ledger thin");
      reply(travel(), new Reply.Unclean("too few copies"));
      return;
    }
    effect.onAllCopies().run();
    reply(travel(), new Reply.Clean(effect.answer()));
  }

  private Reply told(Reply reply) {
    Reply read =
        ledger.sabotage == Sabotage.READ_BACK && reply instanceof Reply.Unclean
            ? shown.get()
            : null;
    return read == null ? reply : read;
  }

  /** The first reply that is due reaches the caller, exactly one. */
  private void reply(long delay, Reply reply) {
    if (mute && reply instanceof Reply.Clean) {
      return;
    }
    caller.after(
        delay,
        () -> {
          if (!replied) {
            replied = true;
            Reply told = told(reply);
            if (!(told instanceof Reply.Clean)) {
              simulation.trace(caller.name(), "ledger: %s: %s", what, told);
            }
            executor.execute(() -> then.accept(told));
          }
        });
  }
}
