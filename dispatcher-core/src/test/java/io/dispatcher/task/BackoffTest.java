package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackoffTest {
  private static final RandomGenerator UNUSED =
      () -> {
        throw new AssertionError("without jitter nothing is drawn");
      };
  private static final Duration DAY = Duration.ofDays(1);

  @ParameterizedTest
  @CsvSource({
    "1,500",
    "2,2000",
    "3,8000",
    "4,32000",
    "5,60000",
    "6,60000",
    "1001,60000",
    "2147483647,60000"
  })
  void theDefaultScheduleIsTheDocumentedOne(int failures, long millis) {
    Backoff exact = new Backoff(Duration.ofMillis(500), 4, Duration.ofMinutes(1), 0);
    assertEquals(Duration.ofMillis(millis), exact.delay(failures, UNUSED));
    // The middle of the jitter is the schedule itself.
    assertEquals(Duration.ofMillis(millis), Backoff.DEFAULT.delay(failures, drawing(0.5)));
  }

  @Test
  void jitterReachesFromMinusToPlusAQuarter() {
    assertEquals(Duration.ofMillis(375), Backoff.DEFAULT.delay(1, drawing(0)));
    assertEquals(Duration.ofMillis(625), Backoff.DEFAULT.delay(1, drawing(1)));
    assertEquals(Duration.ofSeconds(75), Backoff.DEFAULT.delay(9, drawing(1)));
  }

  @Test
  void jitterStaysInItsBoundsAndUsesThem() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    long least = 60_000;
    long most = 0;
    for (int i = 0; i < 10_000; i++) {
      long millis = Backoff.DEFAULT.delay(4, random).toMillis();
      assertTrue(millis >= 24_000 && millis <= 40_000, millis + " ms, seed " + seed);
      least = Math.min(least, millis);
      most = Math.max(most, millis);
    }
    assertTrue(least < 24_500 && most > 39_500, least + " to " + most + " ms, seed " + seed);
  }

  @Test
  void theSameRandomStateGivesTheSameWait() {
    assertEquals(Backoff.DEFAULT.delay(3, new Random(7)), Backoff.DEFAULT.delay(3, new Random(7)));
  }

  @Test
  void theLargestValuesDoNotOverflow() {
    Backoff largest = new Backoff(DAY, 100, DAY, 1);
    assertEquals(Duration.ofDays(2), largest.delay(Integer.MAX_VALUE, drawing(1)));
    assertEquals(Duration.ZERO, largest.delay(Integer.MAX_VALUE, drawing(0)));
    Backoff steep = new Backoff(Duration.ofNanos(1), 100, DAY, 0);
    assertEquals(DAY, steep.delay(Integer.MAX_VALUE, UNUSED));
  }

  @Test
  void noWaitStaysNoWait() {
    Backoff none = new Backoff(Duration.ZERO, 100, DAY, 0);
    assertEquals(Duration.ZERO, none.delay(1, UNUSED));
    assertEquals(Duration.ZERO, none.delay(Integer.MAX_VALUE, UNUSED)); // not 0 × infinity
  }

  @Test
  void fixedWaitsTheSameEachTime() {
    Backoff fixed = Backoff.fixed(Duration.ofSeconds(4));
    assertEquals(Duration.ofSeconds(4), fixed.delay(1, drawing(0.5)));
    assertEquals(Duration.ofSeconds(5), fixed.delay(100, drawing(1)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void failuresCountFromOne(int failures) {
    assertThrows(IllegalArgumentException.class, () -> Backoff.DEFAULT.delay(failures, UNUSED));
  }

  @ParameterizedTest
  @CsvSource({
    "PT-1S,2,PT1S,0,backoff.initial",
    "PT25H,2,PT25H,0,backoff.initial",
    "PT1S,0.5,PT1S,0,backoff.factor",
    "PT1S,101,PT1S,0,backoff.factor",
    "PT1S,NaN,PT1S,0,backoff.factor",
    "PT1S,2,PT0.5S,0,backoff.cap",
    "PT1S,2,PT25H,0,backoff.cap",
    "PT1S,2,PT1S,-0.1,backoff.jitter",
    "PT1S,2,PT1S,1.1,backoff.jitter",
    "PT1S,2,PT1S,NaN,backoff.jitter",
  })
  void rangesAreChecked(Duration initial, double factor, Duration cap, double jitter, String name) {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> new Backoff(initial, factor, cap, jitter))
            .getMessage();
    assertTrue(message.startsWith(name + " is ") && message.contains("must be"), message);
  }

  private static RandomGenerator drawing(double value) {
    return new RandomGenerator() {
      @Override
      public double nextDouble() {
        return value;
      }

      @Override
      public long nextLong() {
        throw new AssertionError("only nextDouble is drawn");
      }
    };
  }
}
