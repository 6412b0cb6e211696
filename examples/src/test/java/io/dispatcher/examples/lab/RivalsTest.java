package io.dispatcher.examples.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Balancers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The rivals' models give what the originals' own tests say. JumpBackHash and MurmurHash3 for 128
 * bits are no rival's choice, and not modelled.
 */
class RivalsTest {

  // Envoy's ring: ring_hash_lb_test.cc

  @Test
  void envoy_ring() {
    Ring ring = new Ring(addresses(90, 6), filled(6, 2));
    assertArrayEquals(
        unsigned(
            "833437586790550860",
            "928266305478181108",
            "1033482794131418490",
            "3551244743356806947",
            "3851675632748031481",
            "5583722120771150861",
            "6311230543546372928",
            "7700377290971790572",
            "13144177310400110813",
            "13444792449719432967",
            "15516499411664133160",
            "16117243373044804889"),
        ring.positions());
    assertEquals(94, 90 + ring.owner(0));
    assertEquals(94, 90 + ring.owner(-1));
    assertEquals(95, 90 + ring.owner(3551244743356806947L));
    assertEquals(93, 90 + ring.owner(3551244743356806948L));
    int[] owners = LongStream.of(ring.positions()).mapToInt(p -> 90 + ring.owner(p)).toArray();
    assertArrayEquals(new int[] {94, 92, 90, 95, 93, 91, 91, 93, 95, 92, 94, 90}, owners);
  }

  /** Whoever failed is skipped: the next point of another one. */
  @Test
  void envoy_ring_again() {
    Ring ring = new Ring(addresses(90, 6), filled(6, 2));
    List<Integer> order = new ArrayList<>();
    for (long position : ring.positions()) {
      int port = 90 + ring.owner(position);
      if (!order.contains(port)) {
        order.add(port);
      }
    }
    assertEquals(94, 90 + ring.owner(0));
    assertEquals(List.of(94, 92, 90), order.subList(0, 3));
  }

  @Test
  void envoy_weighted_ring() {
    Ring ring = new Ring(addresses(90, 3), new int[] {1, 2, 3});
    assertArrayEquals(
        unsigned(
            "928266305478181108",
            "4443673547860492590",
            "5583722120771150861",
            "6311230543546372928",
            "13444792449719432967",
            "16117243373044804889"),
        ring.positions());
    assertEquals(92, 90 + ring.owner(4443673547860492590L));
    assertEquals(90, 90 + ring.owner(Long.parseUnsignedLong("16117243373044804889")));
  }

  @Test
  void envoy_ring_of_two_and_of_names() {
    Ring two = new Ring(addresses(80, 2), filled(2, 2));
    int[] owners = LongStream.of(two.positions()).mapToInt(p -> 80 + two.owner(p)).toArray();
    assertArrayEquals(new int[] {80, 81, 80, 81}, owners);
    String[] names = IntStream.range(90, 96).mapToObj(Integer::toString).toArray(String[]::new);
    Ring named = new Ring(names, filled(6, 2));
    assertEquals(1975508444536362413L, named.positions()[0]);
    assertEquals(95, 90 + named.owner(1975508444536362413L));
  }

  // Jump hash: Guava's HashingTest

  @Test
  void guava_jump_hash() {
    int[] expected = {0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83};
    int[] seen = IntStream.range(0, 20).map(key -> JumpHash.bucket(key, 100)).toArray();
    assertArrayEquals(expected, seen);
    assertEquals(6, JumpHash.bucket(10863919174838991L, 11));
    assertEquals(3, JumpHash.bucket(2016238256797177309L, 11));
    assertEquals(5, JumpHash.bucket(1673758223894951030L, 11));
    assertEquals(80343, JumpHash.bucket(2, 100_001));
    assertEquals(22152, JumpHash.bucket(2201, 100_001));
    assertEquals(15018, JumpHash.bucket(2202, 100_001));
  }

  /** Guava's own bound on the keys that a new bucket takes. */
  @Test
  void guava_jump_hash_moves_little() {
    int keys = 10_000;
    for (int buckets = 2; buckets < 200; buckets += 9) {
      int more = buckets;
      long moved =
          IntStream.range(0, keys)
              .filter(
                  k -> {
                    long key = Balancers.hash("key-" + k);
                    return JumpHash.bucket(key, more) != JumpHash.bucket(key, more - 1);
                  })
              .count();
      assertTrue(moved <= 1.2 * keys / more + 20, moved + " moved to bucket " + more);
    }
  }

  // gRPC's static stride: grpc-java, WeightedRoundRobinLoadBalancerTest

  @Test
  void grpc_static_stride() {
    StrideRule.Turns turns = new StrideRule.Turns(new double[] {2, 3, 6}, 0);
    assertArrayEquals(new long[] {21845, 32768, 65535}, turns.scaled());
    int[] picks = {1, 2, 2, 0, 1, 2};
    long[] after = {2, 3, 6, 7, 8, 9};
    for (int k = 0; k < picks.length; k++) {
      assertEquals(picks[k], turns.next());
      assertEquals(after[k], turns.sequence());
    }
    StrideRule.Turns wrapped = new StrideRule.Turns(new double[] {2, 3, 6}, 0xffff_ffffL);
    assertArrayEquals(picks, IntStream.range(0, 6).map(k -> wrapped.next()).toArray());
  }

  @ParameterizedTest
  @CsvSource({"1 2 3, 1 2 3", "3 0 1, 3 2 1", "0 0 0, 2 2 2", "-1 -2 0, 2 2 2"})
  void grpc_proportions(String weights, String counts) {
    double[] given = Arrays.stream(weights.split(" ")).mapToDouble(Double::parseDouble).toArray();
    for (int first = 0; first < 50; first++) {
      StrideRule.Turns turns = new StrideRule.Turns(given, first * 3L);
      int[] seen = new int[3];
      for (int k = 0; k < 6; k++) {
        seen[turns.next()]++;
      }
      assertEquals(counts, seen[0] + " " + seen[1] + " " + seen[2], "from " + first * 3);
    }
  }

  // MurmurHash3, x86, 32 bits: published vectors

  @ParameterizedTest
  @CsvSource({
    "'', 00000001, 514E28B7",
    "'', FFFFFFFF, 81F16F39",
    "test, 00000000, BA6BD213",
    "test, 9747B28C, 704B81DC",
    "'Hello, world!', 9747B28C, 24884CBA",
    "The quick brown fox jumps over the lazy dog, 9747B28C, 2FA826CD"
  })
  void murmur(String text, String seed, String hash) {
    int seen = Murmur3.hash(text.getBytes(UTF_8), Integer.parseUnsignedInt(seed, 16));
    assertEquals(hash, String.format("%08X", seen));
  }

  /** SMHasher's verification value covers every length from 0 to 255. */
  @Test
  void murmur_of_all_lengths() {
    ByteBuffer hashes = ByteBuffer.allocate(256 * 4).order(ByteOrder.LITTLE_ENDIAN);
    byte[] key = new byte[256];
    for (int length = 0; length < 256; length++) {
      hashes.putInt(Murmur3.hash(Arrays.copyOf(key, length), 256 - length));
      key[length] = (byte) length;
    }
    assertEquals(0xB0F57EE3, Murmur3.hash(hashes.array(), 0));
  }

  // Hazelcast's partitions

  @Test
  void partitions_are_shared_evenly_and_few_move() {
    HazelcastRule.Partitions partitions = new HazelcastRule.Partitions();
    int[] ten = IntStream.range(0, 10).toArray();
    partitions.share(ten);
    int[] before = owners(partitions);
    assertEven(before, ten);

    int[] nine = IntStream.range(0, 9).toArray();
    partitions.share(nine);
    int[] after = owners(partitions);
    assertEven(after, nine);
    for (int p = 0; p < before.length; p++) {
      assertTrue(before[p] == after[p] || before[p] == 9, "partition " + p + " moved");
    }
    partitions.share(ten);
    assertEven(owners(partitions), ten);
  }

  private static void assertEven(int[] owners, int[] members) {
    for (int member : members) {
      long count = IntStream.of(owners).filter(owner -> owner == member).count();
      assertTrue(Math.abs(count - 271.0 / members.length) < 5, member + " has " + count);
    }
  }

  private static int[] owners(HazelcastRule.Partitions partitions) {
    return IntStream.range(0, 271).map(partitions::owner).toArray();
  }

  private static String[] addresses(int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(port -> "127.0.0.1:" + port)
        .toArray(String[]::new);
  }

  private static int[] filled(int count, int value) {
    int[] all = new int[count];
    Arrays.fill(all, value);
    return all;
  }

  private static long[] unsigned(String... numbers) {
    return Arrays.stream(numbers).mapToLong(Long::parseUnsignedLong).toArray();
  }
}
