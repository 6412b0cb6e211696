package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrackTest {

  private static final long MILLI = 1_000_000L;
  private static final long USUAL = 20 * MILLI;

  private final Breaker.Alarm alarm = new Breaker.Alarm();

  private Track track() {
    return new Track(new Breaker(alarm, new SplittableRandom(1)));
  }

  @Test
  void a_worker_on_which_tasks_fail_at_once_does_not_look_fast() {
    Track works = track();
    Track fails = track();
    long now = 0;
    for (int i = 0; i < 300; i++) {
      works.began(now, USUAL);
      fails.began(now, USUAL);
      fails.failed(now, now + MILLI);
      works.succeeded(now, now + USUAL);
      now += 100 * MILLI;
    }
    long good = works.times.nanos(now, USUAL);
    long bad = fails.times.nanos(now, USUAL);
    assertTrue(bad > 2 * good, bad / MILLI + " ms beside " + good / MILLI);
  }

  /** Of three attempts one fails at once, and the others take as long as anywhere. */
  @Test
  void nor_does_one_on_which_they_fail_now_and_then() {
    Track works = track();
    Track fails = track();
    long now = 0;
    for (int i = 0; i < 300; i++) {
      works.began(now, USUAL);
      works.succeeded(now, now + USUAL);
      fails.began(now, USUAL);
      if (i % 3 == 2) {
        fails.failed(now, now + MILLI);
      } else {
        fails.succeeded(now, now + USUAL);
      }
      now += 100 * MILLI;
    }
    long good = works.times.nanos(now, USUAL);
    long bad = fails.times.nanos(now, USUAL);
    assertTrue(bad > 1.5 * good, bad / MILLI + " ms beside " + good / MILLI);
  }
}
