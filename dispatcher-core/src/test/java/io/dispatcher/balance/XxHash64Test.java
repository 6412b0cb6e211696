package io.dispatcher.balance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published vectors, and what a library computes that agrees with them. */
class XxHash64Test {

  private static final long SEED = 2654435761L;

  /** The buffer and the values of xxHash's own self-test. */
  @ParameterizedTest
  @CsvSource({
    "  0, EF46DB3751D8E999, AC75FDA2929B17EF",
    "  1, E934A84ADB052768, 5014607643A9B4C3",
    "  4, 9136A0DCA57457EE,",
    " 14, 8282DCC4994E35C8, C3BD6BF63DEB6DF0",
    "222, B641AE8CB691C174, 20CB8AB7AE10C14A"
  })
  void officialVectors(int length, String unseeded, String seeded) {
    byte[] data = new byte[length];
    long g = SEED;
    for (int i = 0; i < length; i++) {
      data[i] = (byte) (g >>> 56);
      g *= 0x9E3779B185EBCA8DL;
    }
    assertEquals(Long.parseUnsignedLong(unseeded, 16), XxHash64.hash(data, 0));
    if (seeded != null) {
      assertEquals(Long.parseUnsignedLong(seeded, 16), XxHash64.hash(data, SEED));
    }
  }

  @Test
  void text() {
    assertEquals(0xEF46DB3751D8E999L, Balancers.hash(""));
    assertEquals(0xD24EC4F1A98C6E5BL, Balancers.hash("a"));
    assertEquals(0x44BC2CF5AD770999L, Balancers.hash("abc"));
    assertEquals(XxHash64.hash("Zürich".getBytes(UTF_8), 0), Balancers.hash("Zürich"));
  }

  /** SMHasher's verification value covers every length from 0 to 255. */
  @Test
  void allLengths() {
    ByteBuffer hashes = ByteBuffer.allocate(256 * 8).order(ByteOrder.LITTLE_ENDIAN);
    byte[] key = new byte[256];
    for (int length = 0; length < 256; length++) {
      hashes.putLong(XxHash64.hash(Arrays.copyOf(key, length), 256 - length));
      key[length] = (byte) length;
    }
    assertEquals(0x024B7CF4, (int) XxHash64.hash(hashes.array(), 0));
  }

  /** The positions on the ring of Envoy's ring_hash_lb_test.cc: XXH64 of address, "_" and index. */
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:94, 833437586790550860",
    "127.0.0.1:92, 928266305478181108",
    "127.0.0.1:90, 1033482794131418490",
    "127.0.0.1:95, 3551244743356806947",
    "127.0.0.1:93, 3851675632748031481",
    "127.0.0.1:91, 5583722120771150861",
    "127.0.0.1:91, 6311230543546372928",
    "127.0.0.1:93, 7700377290971790572",
    "127.0.0.1:95, 13144177310400110813",
    "127.0.0.1:92, 13444792449719432967",
    "127.0.0.1:94, 15516499411664133160",
    "127.0.0.1:90, 16117243373044804889",
    "127.0.0.1:92, 4443673547860492590",
    "127.0.0.1:80, 5454692015285649509",
    "127.0.0.1:81, 7859399908942313493",
    "127.0.0.1:80, 13838424394637650569",
    "127.0.0.1:81, 16064866803292627174",
    "95, 1975508444536362413"
  })
  void envoyRing(String address, String position) {
    long expected = Long.parseUnsignedLong(position);
    assertTrue(IntStream.range(0, 3).anyMatch(i -> Balancers.hash(address + "_" + i) == expected));
  }
}
