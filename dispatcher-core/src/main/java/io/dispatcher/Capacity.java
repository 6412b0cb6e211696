package io.dispatcher;

import io.dispatcher.cluster.Membership;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What {@link Intake} may let in: how much this front drives already, how fast that ends, and how
 * full the store nodes are, as they report it. Confined to the front's loop.
 */
final class Capacity implements Intake.Room {

  /** Store nodes this full make fetched outcomes go before their time. */
  private static final double TIGHT = 0.75;

  private final Ledger ledger;
  private final Membership membership;
  private final Peer self;
  private final Router router;
  private final Owned owned;
  private final Map<Peer, Double> storeFill = new HashMap<>();
  private long finished;
  private double drainRate;

  Capacity(Ledger ledger, Membership membership, Router router, Owned owned) {
    this.ledger = ledger;
    this.membership = membership;
    this.self = membership.self().peer();
    this.router = router;
    this.owned = owned;
  }

  /**
   * Looks at this node again.
   *
   * @param nanos since it did so before
   */
  void measure(long nanos) {
    Ledger.Usage usage = ledger.usage();
    reported(self, usage.bytes(), usage.limit());
    owned.tight(storeFill() > TIGHT);
    long now = owned.finished();
    double rate = (now - finished) * 1e9 / Math.max(1, nanos);
    drainRate += 0.2 * (rate - drainRate);
    finished = now;
  }

  /** So much of its room for the ledger a node uses. */
  void reported(Peer store, long bytes, long limit) {
    // Each store node keeps 1/size of its room free for blocks it may have to adopt.
    double usable = membership.size() <= 1 ? limit : limit * (1 - 1.0 / membership.size());
    storeFill.put(store, bytes / usable);
  }

  void left(Peer store) {
    storeFill.remove(store);
  }

  @Override
  public boolean known(String type) {
    return router.known(type);
  }

  @Override
  public Set<String> knownTypes() {
    return router.knownTypes();
  }

  @Override
  public int unfinished() {
    return owned.unfinished();
  }

  @Override
  public long unfinishedBytes() {
    return owned.unfinishedBytes();
  }

  @Override
  public boolean outcomesFull() {
    return owned.outcomesFull();
  }

  @Override
  public double storeFill() {
    double fullest = 0;
    for (double fill : storeFill.values()) {
      fullest = Math.max(fullest, fill);
    }
    return fullest;
  }

  @Override
  public double drainRate() {
    return drainRate;
  }

  @Override
  public void admitted(Submission submission) {
    owned.admitted(submission);
  }
}
