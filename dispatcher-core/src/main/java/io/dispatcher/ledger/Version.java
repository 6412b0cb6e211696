package io.dispatcher.ledger;

/**
 * The version of a block: which membership wrote it, how many writes it has seen, and a random
 * stamp that tells two writes apart which two primaries took for the same number.
 *
 * @param era grows with every membership change
 * @param counter grows by one with every write
 * @param stamp random
 */
public record Version(long era, long counter, long stamp) implements Comparable<Version> {

  static final Version NONE = new Version(0, 0, 0);

  Version next(long currentEra, long newStamp) {
    return new Version(Math.max(era, currentEra), counter + 1, newStamp);
  }

  /** Orders by era, then counter; equal only if the stamps are equal too. */
  @Override
  public int compareTo(Version other) {
    int byEra = Long.compare(era, other.era);
    int byCounter = byEra != 0 ? byEra : Long.compare(counter, other.counter);
    return byCounter != 0 ? byCounter : Long.compare(stamp, other.stamp);
  }
}
