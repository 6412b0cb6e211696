package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Weights.Rule;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WeightsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Rule PLAIN = new Rule(false, 0);
  private static final Rule MEASURED = new Rule(true, 0);
  private static final Rule SLOW = new Rule(false, 30 * SECOND);
  private static final long LATER = 1_000 * SECOND;

  private static WorkerView worker(String name, double weight, double capacity, long joinedAt) {
    Member member = new Member(new Peer(name, 1), Set.of(Role.WORKER), null, Set.of());
    WorkerView view = new WorkerView(member, null, joinedAt);
    view.offers(
        new Message.Offer(
            List.of(new Message.Offered("work", "default", 4, capacity)), 4, weight, false));
    return view;
  }

  private static double[] weights(Rule rule, long now, WorkerView... views) {
    return Weights.of(views, "work", rule, now);
  }

  @Test
  void the_configured_weight_unless_anything_else_is_wanted() {
    WorkerView[] views = {worker("a", 4, 100, LATER), worker("b", 0, 100, LATER)};
    assertArrayEquals(new double[] {4, 0}, weights(PLAIN, LATER, views));
  }

  @Test
  void measured_ones_follow_the_speeds_and_who_has_none_is_as_the_mean() {
    WorkerView fast = worker("a", 4, 300, 0);
    WorkerView slow = worker("b", 4, 100, 0);
    WorkerView unknown = worker("c", 4, 0, 0);
    assertArrayEquals(new double[] {6, 2, 4}, weights(MEASURED, LATER, fast, slow, unknown), 1e-9);
    assertArrayEquals(new double[] {4, 4}, weights(MEASURED, LATER, fast, unknown), 1e-9);
    assertArrayEquals(new double[] {4}, weights(MEASURED, LATER, unknown), 1e-9);
    double[] other = Weights.of(new WorkerView[] {fast, slow}, "other", MEASURED, LATER);
    assertArrayEquals(new double[] {4, 4}, other, 1e-9, "each type has its own speeds");
  }

  @Test
  void a_measured_weight_of_0_stays_0_and_no_speed_is_taken_for_too_much() {
    WorkerView off = worker("a", 0, 100, 0);
    WorkerView crawls = worker("b", 1, 1, 0);
    WorkerView usual = worker("c", 1, 1_000, 0);
    double[] weights = weights(MEASURED, LATER, off, crawls, usual);
    assertEquals(0, weights[0]);
    assertEquals(0.1, weights[1], 1e-9);
  }

  /** With less it would be given too little for its speed to be measured again. */
  @Test
  void nobody_is_left_with_less_than_a_tenth_and_nobody_gets_more_than_ten_times() {
    Rule both = new Rule(true, 30 * SECOND);
    WorkerView a = worker("a", 4, 1_000, 0);
    WorkerView b = worker("b", 4, 1_000, 0);
    WorkerView crawls = worker("c", 4, 100, LATER);
    assertEquals(0.4, weights(both, LATER + SECOND, a, b, crawls)[2], 1e-9);
    WorkerView[] many = new WorkerView[20];
    for (int i = 0; i < 20; i++) {
      many[i] = worker("m" + i, 4, i == 0 ? 100_000 : 1, 0);
    }
    assertEquals(40, weights(both, LATER, many)[0], 1e-9);
    assertEquals(0, weights(both, LATER, a, worker("off", 0, 100, LATER))[1]);
    assertEquals(
        0.001, weights(both, LATER, worker("x", 0.001, 0, 0), worker("y", 100, 0, 0))[0], 1e-9);
  }

  @Test
  void a_newcomer_gets_a_tenth_then_more_from_its_first_success_on() {
    WorkerView a = worker("a", 4, 0, 0);
    WorkerView b = worker("b", 4, 0, 0);
    WorkerView joined = worker("c", 4, 0, LATER);
    assertArrayEquals(
        new double[] {4, 4, 0.4}, weights(SLOW, LATER + 20 * SECOND, a, b, joined), 1e-9);
    joined.warmSince = LATER + 20 * SECOND;
    assertEquals(0.4, weights(SLOW, LATER + 21 * SECOND, a, b, joined)[2], 1e-9);
    assertEquals(2, weights(SLOW, LATER + 35 * SECOND, a, b, joined)[2], 1e-9);
    assertEquals(4, weights(SLOW, LATER + 50 * SECOND, a, b, joined)[2]);
    assertEquals(4, weights(PLAIN, LATER, a, b, joined)[2], "at once if there is no slow start");
  }

  /** Who is given nothing has no success either. */
  @Test
  void a_newcomer_without_a_task_warms_up_a_little_later() {
    WorkerView a = worker("a", 4, 0, 0);
    WorkerView joined = worker("b", 4, 0, LATER);
    assertEquals(2, weights(SLOW, LATER + 45 * SECOND, a, joined)[1], 1e-9);
    assertEquals(4, weights(SLOW, LATER + 60 * SECOND, a, joined)[1]);
  }

  @Test
  void a_worker_that_was_ejected_comes_back_slowly() {
    WorkerView a = worker("a", 4, 0, 0);
    WorkerView back = worker("b", 4, 0, 0);
    Breaker breaker =
        back.track(
                "work",
                () ->
                    new Track(
                        new PoolView(4), new Breaker(new Breaker.Alarm(), new Random(1), x -> {})))
            .breaker;
    breaker.eject(LATER - 10 * SECOND);
    for (int k = 0; k < 3; k++) {
      breaker.began(LATER);
      breaker.succeeded(LATER, LATER);
    }
    assertEquals(0.4, weights(SLOW, LATER + SECOND, a, back)[1], 1e-9);
    assertEquals(2, weights(SLOW, LATER + 15 * SECOND, a, back)[1], 1e-9);
    assertEquals(4, weights(SLOW, LATER + 30 * SECOND, a, back)[1]);
    double[] other = Weights.of(new WorkerView[] {a, back}, "other", SLOW, LATER + SECOND);
    assertEquals(4, other[1], "other types fared well there");
  }

  @Test
  void nobody_is_held_back_while_most_are_new() {
    WorkerView old = worker("a", 4, 0, 0);
    WorkerView b = worker("b", 4, 0, LATER);
    WorkerView c = worker("c", 4, 0, LATER);
    assertArrayEquals(new double[] {4, 4, 4}, weights(SLOW, LATER, old, b, c));
    assertArrayEquals(new double[] {4, 0.4}, weights(SLOW, LATER, old, b), 1e-9);
  }

  @Test
  void small_changes_do_not_count_but_the_last_one_does() {
    WorkerView[] views = {worker("a", 4, 0, 0)};
    assertFalse(Weights.differ(views, "work", new double[] {2}, new double[] {2.09}));
    assertTrue(Weights.differ(views, "work", new double[] {2}, new double[] {2.11}));
    assertTrue(Weights.differ(views, "work", new double[] {3.9}, new double[] {4}));
    assertFalse(Weights.differ(views, "work", new double[] {4}, new double[] {4}));
  }

  // ---------------------------------------------------------------- measuring

  @Test
  void a_speed_is_what_the_slots_could_do() {
    Speed speed = new Speed();
    long now = LATER;
    speed.ran(SECOND / 10, now - 10 * SECOND);
    for (int i = 0; i < 19; i++) {
      speed.ran(SECOND / 10, now);
    }
    assertEquals(0, speed.perSecond(4, now), "too few to say");
    speed.ran(SECOND / 10, now);
    assertEquals(40, speed.perSecond(4, now), 1e-9);
    for (int i = 0; i < 100; i++) {
      speed.ran(SECOND / 20, now + 25 * SECOND);
    }
    assertEquals(80, speed.perSecond(4, now + 25 * SECOND), 1e-9, "of late only");
    assertEquals(80, speed.perSecond(4, now + 120 * SECOND), 1e-9, "the last that is known");
    assertEquals(0, speed.perSecond(4, now + 300 * SECOND), "too long ago");
  }

  /** A JVM is slow at first. */
  @Test
  void the_first_ten_seconds_say_nothing_of_a_speed() {
    Speed speed = new Speed();
    for (long at = 0; at < 10 * SECOND; at += SECOND / 10) {
      speed.ran(SECOND, at);
      assertEquals(0, speed.perSecond(4, at), "slow, and too early to say");
    }
    for (int i = 0; i < 20; i++) {
      speed.ran(SECOND / 10, 10 * SECOND);
    }
    assertEquals(40, speed.perSecond(4, 10 * SECOND), 1e-9, "of what came after them");
  }
}
