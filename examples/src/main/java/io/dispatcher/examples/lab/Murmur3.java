package io.dispatcher.examples.lab;

/** MurmurHash3 for x86, 32 bits: what the rival model's partitions are found with. */
final class Murmur3 {

  private Murmur3() {}

  static int hash(byte[] data, int seed) {
    int h = seed;
    int whole = data.length & ~3;
    for (int i = 0; i < whole; i += 4) {
      int k =
          (data[i] & 0xff)
              | ((data[i + 1] & 0xff) << 8)
              | ((data[i + 2] & 0xff) << 16)
              | (data[i + 3] << 24);
      h = Integer.rotateLeft(h ^ scrambled(k), 13) * 5 + 0xe6546b64;
    }
    int rest = 0;
    for (int i = data.length - 1; i >= whole; i--) {
      rest = (rest << 8) | (data[i] & 0xff);
    }
    h ^= scrambled(rest);
    h ^= data.length;
    h = (h ^ h >>> 16) * 0x85ebca6b;
    h = (h ^ h >>> 13) * 0xc2b2ae35;
    return h ^ h >>> 16;
  }

  private static int scrambled(int k) {
    return Integer.rotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;
  }
}
