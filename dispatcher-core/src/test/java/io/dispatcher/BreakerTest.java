package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BreakerTest {

  private static final long SECOND = 1_000_000_000L;

  /** Back-off without jitter. */
  private static final RandomGenerator HALF = () -> 1L << 63;

  private final Breaker.Alarm alarm = new Breaker.Alarm();

  /** For how long it was ejected, each time. */
  private final List<Long> lengths = new ArrayList<>();

  private final Breaker breaker = new Breaker(alarm, HALF, lengths::add);

  /** Anywhere on the clock. */
  private long now = -7 * SECOND;

  @Test
  void five_failures_in_a_row_are_suspicious_while_others_succeed() {
    Breaker other = new Breaker(alarm, HALF, lengths::add);
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

  /** nginx's {@code max_fails} of 3 closes a peer that does so: nginx-tests, upstream.t. */
  @Test
  void every_third_failure_is_no_reason() {
    Breaker other = new Breaker(alarm, HALF, lengths::add);
    for (int k = 0; k < 100; k++) {
      other.succeeded(now, now);
      succeed();
      succeed();
      fail();
    }
    assertFalse(alarm.take());
    assertFalse(breaker.suspicious());
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
      breaker.began(now);
      assertFalse(breaker.allows(now), "one at a time");
      breaker.succeeded(now, now);
    }
    assertFalse(breaker.ejected());
    breaker.began(now);
    assertTrue(breaker.allows(now));
  }

  @Test
  void a_probe_that_fails_ejects_it_for_twice_as_long() {
    breaker.eject(now);
    assertEquals(List.of(SECOND), lengths);
    for (int k = 1; k < 12; k++) {
      long length = Math.min(60, 1L << (k - 1)) * SECOND;
      now += length - 1;
      assertFalse(breaker.allows(now));
      now += 1;
      assertTrue(breaker.allows(now));
      breaker.began(now);
      breaker.failed(now, now);
    }
  }

  /** They were there when it was ejected. */
  @Test
  void what_began_before_is_no_probe() {
    long began = now;
    breaker.began(now);
    breaker.began(now);
    breaker.eject(now);
    now += SECOND;
    breaker.began(now);
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
    breaker.began(now);
    breaker.failed(now, now);
    now += 2 * SECOND;
    for (int k = 0; k < 3; k++) {
      breaker.began(now);
      breaker.succeeded(now, now);
    }
    now += 30 * SECOND;
    breaker.sample(now);
    breaker.eject(now);
    assertEquals(2 * SECOND, lengths.get(lengths.size() - 1));
  }

  @Test
  void no_two_fronts_come_back_at_the_same_moment() {
    RandomGenerator random = new SplittableRandom(1);
    Set<Long> different = new HashSet<>();
    for (int front = 0; front < 100; front++) {
      new Breaker(alarm, random, lengths::add).eject(now);
      long length = lengths.get(front);
      assertTrue(length >= SECOND / 2 && length <= SECOND * 3 / 2, "for " + length);
      different.add(length / 10_000_000);
    }
    assertTrue(different.size() > 50, different.size() + " different ones");
  }

  @Test
  void a_task_that_comes_for_want_of_others_is_no_probe() {
    breaker.eject(now);
    breaker.began(now);
    breaker.succeeded(now, now);
    now += 3_600 * SECOND;
    assertTrue(breaker.allows(now));
  }

  @Test
  void a_probe_that_fails_ejects_it_again_and_that_is_told() {
    breaker.eject(now);
    now += SECOND;
    fail();
    assertEquals(List.of(SECOND, 2 * SECOND), lengths);
  }

  @Test
  void a_key_whose_tasks_fail_counts_once() {
    Breaker other = new Breaker(alarm, HALF, lengths::add);
    for (int k = 0; k < 9; k++) {
      other.succeeded(now, now);
      breaker.began(now);
      breaker.failed(now, now, 77);
    }
    assertFalse(alarm.take(), "it is the key");
    for (long key = 1; key < 5; key++) {
      other.succeeded(now, now);
      breaker.began(now);
      breaker.failed(now, now, key);
    }
    assertTrue(alarm.take(), "it is the worker");
  }

  @Test
  void a_key_whose_tasks_fail_says_nothing_when_a_worker_is_tried() {
    breaker.failed(now, now, 77);
    breaker.eject(now);
    now += SECOND;
    breaker.began(now);
    breaker.failed(now, now, 77);
    assertTrue(breaker.allows(now), "the next one may say more");
    breaker.began(now);
    breaker.succeeded(now, now, 77);
    breaker.began(now);
    breaker.failed(now, now, 77);
    assertFalse(breaker.allows(now), "it does not fail everywhere");
  }

  private void fail() {
    breaker.began(now);
    breaker.failed(now, now);
  }

  private void succeed() {
    breaker.began(now);
    breaker.succeeded(now, now);
  }
}
