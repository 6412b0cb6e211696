package io.dispatcher.hazelcast;

import java.util.UUID;

/**
 * A part of the cluster, as one of its members sees it.
 *
 * @param era grows with every membership that had a majority
 * @param open whether the ledger takes writes there
 * @param quorate whether a majority of the store nodes is there
 * @param stores store nodes there
 * @param id of the member that lets others in; tells parts apart that are alike otherwise
 * @param first whether that member can be reached
 */
record Part(long era, boolean open, boolean quorate, int stores, UUID id, boolean first) {

  /**
   * Whether a member of this part leaves it and joins that one.
   *
   * <p>Whoever has a majority stays. Without one, a part that had a majority later knows more.
   * Among parts of which none had one since, nothing can have changed anywhere: they come together
   * where most are, and put together what they hold.
   */
  boolean yieldsTo(Part that) {
    if (quorate || !that.first || that.id.equals(id) || that.stores == 0) {
      return false;
    }
    if (that.quorate) {
      // Open in the same era, it has not noticed yet that it is another membership.
      return !that.open || that.era != era;
    }
    if (stores == 0) {
      return true;
    }
    if (that.era != era) {
      return that.era > era;
    }
    return stores != that.stores ? stores < that.stores : id.compareTo(that.id) < 0;
  }

  /** The same, as the member that lets others in can be reached. */
  Part withFirst() {
    return new Part(era, open, quorate, stores, id, true);
  }

  long[] toLongs() {
    return new long[] {
      era,
      (open ? 1 : 0) | (quorate ? 2 : 0) | (first ? 4 : 0),
      stores,
      id.getMostSignificantBits(),
      id.getLeastSignificantBits()
    };
  }

  static Part of(long[] longs) {
    long flags = longs[1];
    return new Part(
        longs[0],
        (flags & 1) != 0,
        (flags & 2) != 0,
        (int) longs[2],
        new UUID(longs[3], longs[4]),
        (flags & 4) != 0);
  }
}
