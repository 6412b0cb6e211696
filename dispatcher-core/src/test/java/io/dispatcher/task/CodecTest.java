package io.dispatcher.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CodecTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "a", "é€😀", "\u0000", "a replacement \uFFFD is text too"})
  void textComesBack(String text) throws Exception {
    byte[] bytes = Codec.text().encode(text);
    assertArrayEquals(text.getBytes(UTF_8), bytes);
    assertEquals(text, Codec.text().decode(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    "80,0", // continuation without a start
    "61ff,1", // no byte of UTF-8
    "6161c3,2", // ends inside a character
    "c0af,0", // overlong
    "eda0bd,0", // half a surrogate pair
    "f4908080,0", // above the last code point
    "efbfbd80,3" // a real U+FFFD before the malformed byte
  })
  void malformedTextIsRefusedWithItsPlace(String hex, int index) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    String message =
        assertThrows(IllegalArgumentException.class, () -> Codec.text().decode(bytes)).getMessage();
    assertTrue(message.endsWith("malformed at byte " + index), message);
  }

  @Test
  void malformedTextIsFoundFarIn() {
    byte[] bytes = "é".repeat(5_000).getBytes(UTF_8);
    bytes[9_000] = (byte) 0xff;
    String message =
        assertThrows(IllegalArgumentException.class, () -> Codec.text().decode(bytes)).getMessage();
    assertTrue(message.endsWith("malformed at byte 9000"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"high", "low", "end"})
  void halfASurrogatePairIsRefused(String which) {
    String text =
        switch (which) {
          case "high" -> "a\uD83Db";
          case "low" -> "a\uDE00b";
          default -> "a\uD83D";
        };
    String message =
        assertThrows(IllegalArgumentException.class, () -> Codec.text().encode(text)).getMessage();
    assertTrue(message.contains("index 1"), message);
  }

  @Test
  void bytesAreNotCopied() throws Exception {
    byte[] bytes = {1, 2, 3};
    assertSame(bytes, Codec.bytes().encode(bytes));
    assertSame(bytes, Codec.bytes().decode(bytes));
  }

  @Test
  void nothingIsNullAndNoBytes() throws Exception {
    assertArrayEquals(new byte[0], Codec.nothing().encode(null));
    assertNull(Codec.nothing().decode(new byte[0]));
    assertSame(Codec.nothing(), Codec.nothing());
    String message =
        assertThrows(IllegalArgumentException.class, () -> Codec.nothing().decode(new byte[5]))
            .getMessage();
    assertTrue(message.contains("5 bytes"), message);
  }

  @Test
  void onlyNothingTakesNull() {
    assertThrows(NullPointerException.class, () -> Codec.text().encode(null));
    assertThrows(NullPointerException.class, () -> Codec.bytes().encode(null));
  }

  @Test
  void twoFunctionsMakeACodec() throws Exception {
    Codec<Integer> codec =
        Codec.of(i -> new byte[] {i.byteValue()}, bytes -> Integer.valueOf(bytes[0]));
    assertEquals(7, codec.decode(codec.encode(7)));
  }
}
