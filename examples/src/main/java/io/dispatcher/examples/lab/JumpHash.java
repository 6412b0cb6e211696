package io.dispatcher.examples.lab;

/**
 * Jump hash: no memory, and only the last bucket can go.
 *
 * @see <a href="https://arxiv.org/abs/1406.2294">Lamping, Veach: A fast, minimal memory, consistent
 *     hash algorithm, 2014</a>
 */
final class JumpHash {

  private JumpHash() {}

  static int bucket(long key, int buckets) {
    long state = key;
    long bucket = 0;
    long next = 0;
    while (next < buckets) {
      bucket = next;
      state = state * 2862933555777941757L + 1;
      next = (long) ((bucket + 1) * (0x1p31 / ((state >>> 33) + 1)));
    }
    return (int) bucket;
  }
}
