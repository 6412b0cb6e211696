package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BreakerTest {

  private static final long SECOND = 1_000_000_000L;

  /** Back-off without jitter. */
  private static final RandomGenerator HALF = () -> 1L << 63;

  private final Breaker.Alarm alarm = new Breaker.Alarm();
  private final Breaker breaker = new Breaker(alarm, HALF);

  /** Anywhere on the clock. */
  private long now = -7 * SECOND;

  @Test
  void five_failures_in_a_row_are_suspicious_while_others_succeed() {
    Breaker other = new Breaker(alarm, HALF);
    for (int k = 0; k < 9; k++) {
      fail();
    }
    assertFalse(alarm.take(), "the tasks may be to blame");
    succeed();
    for (int k = 0; k < 5; k++) {
      other.succeeded(now, now);
    }
    for (int k = 0; k < 9; k++) {
      fail();
    }
    assertFalse(alarm.take(), "that was before");
    for (int k = 0; k < 5; k++) {
      other.succeeded(now, now);
    }
    fail();
    assertTrue(alarm.take());
    assertFalse(alarm.take());
    assertTrue(breaker.allows(now), "only suspicious");
  }

  @Test
  void half_of_twenty_are_suspicious() {
    for (int k = 0; k < 10; k++) {
      assertFalse(breaker.suspicious());
      succeed();
      fail();
    }
    assertTrue(breaker.suspicious());
  }

  @Test
  void what_was_long_ago_does_not_count() {
    for (int k = 0; k < 15; k++) {
      succeed();
      fail();
    }
    now += 11 * SECOND;
    succeed();
    assertEquals(1, breaker.attempts());
    assertEquals(0, breaker.failures());
  }

  @Test
  void one_probe_at_a_time_and_three_let_it_in() {
    breaker.eject(now);
    assertFalse(breaker.allows(now + SECOND - 1));
    now += SECOND;
    for (int k = 0; k < 3; k++) {
      assertTrue(breaker.allows(now));
      breaker.began();
      assertFalse(breaker.allows(now), "one at a time");
      breaker.succeeded(now, now);
    }
    assertFalse(breaker.ejected());
    breaker.began();
    assertTrue(breaker.allows(now));
  }

  @Test
  void a_probe_that_fails_ejects_it_for_twice_as_long() {
    assertEquals(SECOND, breaker.eject(now));
    for (int k = 1; k < 12; k++) {
      long length = Math.min(60, 1L << (k - 1)) * SECOND;
      now += length - 1;
      assertFalse(breaker.allows(now));
      now += 1;
      assertTrue(breaker.allows(now));
      breaker.began();
      breaker.failed(now, now);
    }
  }

  /** They were there when it was ejected. */
  @Test
  void what_began_before_is_no_probe() {
    long began = now;
    breaker.began();
    breaker.began();
    breaker.eject(now);
    now += SECOND;
    breaker.began();
    breaker.succeeded(began, now);
    breaker.dropped(began);
    assertFalse(breaker.allows(now), "the probe is out still");
    breaker.failed(began, now);
    assertFalse(breaker.allows(now));
    breaker.dropped(now);
    assertTrue(breaker.allows(now), "a probe that says nothing makes room for another");
  }

  @Test
  void calm_makes_it_forget() {
    breaker.eject(now);
    now += SECOND;
    breaker.began();
    breaker.failed(now, now);
    now += 2 * SECOND;
    for (int k = 0; k < 3; k++) {
      breaker.began();
      breaker.succeeded(now, now);
    }
    now += 30 * SECOND;
    breaker.sample(now);
    assertEquals(2 * SECOND, breaker.eject(now));
  }

  @Test
  void no_two_fronts_come_back_at_the_same_moment() {
    RandomGenerator random = new SplittableRandom(1);
    Set<Long> lengths = new HashSet<>();
    for (int front = 0; front < 100; front++) {
      long length = new Breaker(alarm, random).eject(now);
      assertTrue(length >= SECOND / 2 && length <= SECOND * 3 / 2, "for " + length);
      lengths.add(length / 10_000_000);
    }
    assertTrue(lengths.size() > 50, lengths.size() + " different ones");
  }

  private void fail() {
    breaker.began();
    breaker.failed(now, now);
  }

  private void succeed() {
    breaker.began();
    breaker.succeeded(now, now);
  }
}
