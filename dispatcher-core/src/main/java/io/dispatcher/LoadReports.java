package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker tells the fronts of itself: what it can run, on meeting and whenever that changes,
 * and its load twice a second, by which its lease towards them lives on. Confined to the worker's
 * loop; whether the lease has lapsed may be asked from any thread.
 */
final class LoadReports {

  private static final long REPORT_EVERY = 500_000_000L;

  /** After so long without a report its owners take its lease for lapsed. */
  private static final long LAPSED_AFTER = 3_000_000_000L;

  private final Loop loop;
  private final Ledger ledger;
  private final FrontChannels channels;
  private final Registrations registrations;
  private final HeldStarts held;
  private final Window window;
  private final Speeds speeds;
  private final Meters meters;
  private final @Nullable Double weight;
  private final Runnable thawed;

  /** Loop time of the last report; 0 before the first. */
  private volatile long reportedAt;

  /**
   * @param weight its share of the work; null: as many as its slots
   * @param thawed called when it finds that it was frozen for longer than its lease
   */
  LoadReports(
      Loop loop,
      Ledger ledger,
      FrontChannels channels,
      Registrations registrations,
      HeldStarts held,
      Window window,
      Speeds speeds,
      Meters meters,
      @Nullable Double weight,
      Runnable thawed) {
    this.loop = loop;
    this.ledger = ledger;
    this.channels = channels;
    this.registrations = registrations;
    this.held = held;
    this.window = window;
    this.speeds = speeds;
    this.meters = meters;
    this.weight = weight;
    this.thawed = thawed;
  }

  /** Tells a front what this worker can run. */
  void offer(Peer front) {
    List<Message.Offered> types = new ArrayList<>();
    registrations
        .byType()
        .forEach(
            (name, registration) ->
                types.add(
                    new Message.Offered(
                        name,
                        registration.pool().name(),
                        registration.pool().slots(),
                        speeds.of(name))));
    int slots = registrations.slots();
    channels
        .to(front)
        .send(new Message.Offer(List.copyOf(types), slots, weight, window.refuses(front)));
    channels.to(front).sendLossy(reportTo(front));
  }

  /** It runs something else, or nothing new. */
  void offerAll() {
    channels.known().forEach(this::offer);
  }

  /** Whether no owner counts on this worker any more. From any thread. */
  boolean late(long now) {
    return now - reportedAt > LAPSED_AFTER && reportedAt != 0;
  }

  /** Reports, and does so again and again. */
  void report() {
    long now = loop.now();
    if (late(now)) {
      thawed.run();
    }
    reportedAt = now == 0 ? 1 : now;
    // Not to all at once, while there is work: they would all run to whoever has little of it.
    long apart = held.isEmpty() ? 0 : REPORT_EVERY / Math.max(1, channels.known().size());
    long delay = 0;
    for (Peer front : channels.known()) {
      if (delay == 0) {
        tell(front);
      } else {
        loop.after(delay, () -> tell(front));
      }
      delay += apart;
    }
    meters.held = held.size();
    if (speeds.changed(now)) {
      offerAll();
    }
    registrations.eachPool(Pool::nudge);
    loop.after(REPORT_EVERY, this::report);
  }

  private void tell(Peer front) {
    if (channels.known().contains(front)) {
      channels.to(front).sendLossy(reportTo(front));
    }
  }

  private Message.Report reportTo(Peer front) {
    Ledger.Usage usage = channels.self().is(Role.STORE) ? ledger.usage() : Ledger.Usage.NONE;
    return new Message.Report(
        window.room(front), window.closed(), usage.bytes(), usage.limit(), registrations.running());
  }
}
