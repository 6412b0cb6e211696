package io.dispatcher.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
  private static final String SMILE = "\uD83D\uDE00"; // 2 chars, 4 bytes

  @ParameterizedTest
  @CsvSource({
    "0,''",
    "1,''",
    "2,é",
    "3,é",
    "4,é",
    "5,é€",
    "8,é€",
    "9,é€😀",
    "10,é€😀a",
    "99,é€😀a"
  })
  void bytesAreCutBetweenCharacters(int max, String kept) {
    assertEquals(kept, Text.cutBytes("é€" + SMILE + "a", max));
  }

  @ParameterizedTest
  @CsvSource({"0,''", "1,a", "2,a", "3,a😀", "4,a😀b", "5,a😀b"})
  void charsAreCutBetweenSurrogatePairs(int max, String kept) {
    assertEquals(kept, Text.cutChars("a" + SMILE + "b", max));
  }

  @Test
  void anyCutIsTheLongestValidPrefix() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] samples = {'a', 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff};
    for (int round = 0; round < 2_000; round++) {
      StringBuilder builder = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        builder.appendCodePoint(samples[random.nextInt(samples.length)]);
      }
      String text = builder.toString();
      int max = random.nextInt(40);
      String cut = Text.cutBytes(text, max);
      String seen = "seed " + seed + " round " + round;
      assertTrue(text.startsWith(cut), seen);
      assertEquals(-1, Text.unpairedSurrogate(cut), seen);
      assertTrue(cut.getBytes(UTF_8).length <= max, seen);
      if (cut.length() < text.length()) {
        int next = Character.charCount(text.codePointAt(cut.length()));
        int longer = text.substring(0, cut.length() + next).getBytes(UTF_8).length;
        assertTrue(longer > max, seen);
      }
    }
  }

  @Test
  void unpairedSurrogatesAreFound() {
    assertEquals(-1, Text.unpairedSurrogate("a" + SMILE + SMILE));
    assertEquals(0, Text.unpairedSurrogate("\uDE00"));
    assertEquals(1, Text.unpairedSurrogate("a\uD83D"));
    assertEquals(0, Text.unpairedSurrogate("\uD83Da"));
    assertEquals(0, Text.unpairedSurrogate("\uD83D" + SMILE));
    assertEquals(2, Text.unpairedSurrogate(SMILE + "\uDE00"));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S,0 s",
    "PT0.001S,1 ms",
    "PT1.5S,1.500 s",
    "PT59S,59 s",
    "PT10M,10 min",
    "PT90S,90 s",
    "PT24H,1 d",
    "PT25H,25 h",
    "P30D,30 d",
    "PT-1S,PT-1S",
    "PT0.000000001S,PT0.000000001S"
  })
  void durationsReadAsPeopleWriteThem(Duration duration, String text) {
    assertEquals(text, Text.duration(duration));
  }

  @Test
  void quotesAreShortAndOnOneLine() {
    assertEquals("\"a?b\"", Text.quote("a\nb"));
    assertEquals("\"" + "x".repeat(120) + "…\"", Text.quote("x".repeat(121)));
  }
}
