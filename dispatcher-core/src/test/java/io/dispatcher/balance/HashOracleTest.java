package io.dispatcher.balance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.dynatrace.hash4j.consistent.ConsistentBucketHasher;
import com.dynatrace.hash4j.consistent.ConsistentHashing;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What {@link XxHash64} is compared with on any bytes: a library that is held against the published
 * vectors of all its hashes first.
 */
class HashOracleTest {

  private interface SeededHash {
    byte[] hash(byte[] data, int seed);
  }

  /** SMHasher's verification value: all lengths from 0 to 255, each with a seed of its own. */
  private static int verification(SeededHash hash) {
    ByteBuffer hashes = ByteBuffer.allocate(256 * hash.hash(new byte[0], 0).length);
    byte[] key = new byte[256];
    for (int length = 0; length < 256; length++) {
      hashes.put(hash.hash(Arrays.copyOf(key, length), 256 - length));
      key[length] = (byte) length;
    }
    byte[] last = hash.hash(hashes.array(), 0);
    return ByteBuffer.wrap(last).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  private static byte[] littleEndian(int hash) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(hash).array();
  }

  private static byte[] murmur128(byte[] data, int seed) {
    HashValue128 hash = Hashing.murmur3_128(seed).hashBytesTo128Bits(data);
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(hash.getLeastSignificantBits())
        .putLong(hash.getMostSignificantBits())
        .array();
  }

  /** SMHasher, main.cpp. */
  @Test
  void verificationValues() {
    assertEquals(
        0xB0F57EE3,
        verification((data, seed) -> littleEndian(Hashing.murmur3_32(seed).hashBytesToInt(data))));
    assertEquals(
        0xBA88B743,
        verification((data, seed) -> littleEndian(Hashing.xxh32(seed).hashBytesToInt(data))));
    assertEquals(0x6384BA69, verification(HashOracleTest::murmur128));
  }

  /** Widely published digests of MurmurHash3 x64 128, in the order of its bytes. */
  @ParameterizedTest
  @CsvSource({
    "The quick brown fox jumps over the lazy dog, 6c1b07bc7bbc4be347939ac4a93c437a",
    "hello, 029bbd41b3a7d8cb191dae486a901e5b"
  })
  void murmur128(String text, String digest) {
    assertEquals(digest, HexFormat.of().formatHex(murmur128(text.getBytes(UTF_8), 0)));
  }

  /** JumpBackHash of hash4j's README, with its first version of SplitMix64. */
  @ParameterizedTest
  @CsvSource({
    "7f7487ee708c8a96, 1, 1", //
    "6265648fbc797f25, 0, 0", //
    "85ef23a0b545d53b, 0, 2"
  })
  void jumpBack(String key, int ofTwo, int ofThree) {
    ConsistentBucketHasher hasher = ConsistentHashing.jumpBackHashSplitMix64();
    assertEquals(ofTwo, hasher.getBucket(Long.parseUnsignedLong(key, 16), 2));
    assertEquals(ofThree, hasher.getBucket(Long.parseUnsignedLong(key, 16), 3));
  }

  @Test
  void xxHash64AgreesOnAnyBytes() {
    long randomSeed = 20_260_901;
    Random random = new Random(randomSeed);
    for (int i = 0; i < 20_000; i++) {
      byte[] data = new byte[random.nextInt(i < 10_000 ? 40 : 600)];
      random.nextBytes(data);
      long seed = random.nextLong();
      assertEquals(
          Hashing.xxh64(seed).hashBytesToLong(data),
          XxHash64.hash(data, seed),
          () -> "seed " + randomSeed + ", " + HexFormat.of().formatHex(data));
    }
  }
}
