package io.dispatcher.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimingWheelTest {

  private static final long TICK = 1_000_000;
  private static final long ORIGIN = -7_777_777;

  private final TimingWheel wheel = new TimingWheel(TICK, ORIGIN);
  private final List<String> fired = new ArrayList<>();

  @Test
  void aTimerFiresNeverEarlyAndAtMostOneTickLate() {
    wheel.add(ORIGIN, 5 * TICK + 1, () -> fired.add("a"));

    wheel.advance(ORIGIN + 5 * TICK + 1);
    assertEquals(List.of(), fired);
    wheel.advance(ORIGIN + 6 * TICK);
    assertEquals(List.of("a"), fired);
    assertTrue(wheel.isEmpty());
  }

  @Test
  void timersOfOneTickFireInTheOrderTheyWereAdded() {
    wheel.add(ORIGIN, 1000 * TICK, () -> fired.add("early"));
    wheel.advance(ORIGIN + 990 * TICK);
    wheel.add(ORIGIN + 990 * TICK, 10 * TICK, () -> fired.add("late"));

    wheel.advance(ORIGIN + 1000 * TICK);

    assertEquals(List.of("early", "late"), fired);
  }

  @Test
  void aCancelledTimerDoesNotFireEvenIfItWasDueInTheSameCall() {
    List<TimingWheel.Timer> timers = new ArrayList<>();
    timers.add(wheel.add(ORIGIN, TICK, () -> assertTrue(wheel.cancel(timers.get(1)))));
    timers.add(wheel.add(ORIGIN, TICK, () -> fired.add("cancelled")));

    wheel.advance(ORIGIN + TICK);

    assertEquals(List.of(), fired);
    assertFalse(wheel.cancel(timers.get(0)));
    assertFalse(wheel.cancel(timers.get(1)));
    assertTrue(wheel.isEmpty());
  }

  @Test
  void anEmptyWheelDoesNotCareHowMuchTimePassed() {
    long later = ORIGIN + 90L * 24 * 3600 * 1000 * TICK;
    wheel.add(later, 3 * TICK, () -> fired.add("a"));

    assertEquals(later + 3 * TICK, wheel.nextDue());
    wheel.advance(later + 3 * TICK);
    assertEquals(List.of("a"), fired);
  }

  @Test
  void aTimerOfTheFarFutureWaits() {
    wheel.add(ORIGIN, Long.MAX_VALUE, () -> fired.add("a"));

    wheel.advance(ORIGIN + 1_000_000_000 * TICK);

    assertEquals(1, wheel.size());
  }

  @Test
  void aFewTimersWakeTheLoopOnlyWhenTheyAreDue() {
    wheel.add(ORIGIN, 500 * TICK, () -> fired.add("b"));
    wheel.add(ORIGIN, 250 * TICK, () -> fired.add("a"));

    assertEquals(ORIGIN + 250 * TICK, wheel.nextDue());
    wheel.advance(wheel.nextDue());
    assertEquals(ORIGIN + 500 * TICK, wheel.nextDue());
    wheel.advance(wheel.nextDue());
    assertEquals(List.of("a", "b"), fired);
  }

  @Test
  void aTimerMayAddTimers() {
    wheel.add(
        ORIGIN,
        TICK,
        () -> {
          fired.add("first");
          wheel.add(ORIGIN + TICK, 0, () -> fired.add("second"));
        });

    wheel.advance(ORIGIN + TICK);
    assertEquals(List.of("first"), fired);
    wheel.advance(ORIGIN + 2 * TICK);
    assertEquals(List.of("first", "second"), fired);
  }

  /** Wakes only when the wheel asks to, as a loop does, and compares every timer with its time. */
  @Test
  void randomTimersFireAtTheirTick() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Map<Integer, Long> dueTicks = new HashMap<>();
    Map<Integer, Long> firedTicks = new HashMap<>();
    Map<Integer, TimingWheel.Timer> timers = new HashMap<>();
    long[] now = {ORIGIN};
    int wakeUps = 0;
    for (int i = 0; i < 5_000; i++) {
      int id = i;
      long delay = (long) Math.pow(10, 3 + random.nextDouble() * 12);
      long due = now[0] - ORIGIN + delay;
      dueTicks.put(id, (due + TICK - 1) / TICK);
      timers.put(id, wheel.add(now[0], delay, () -> firedTicks.put(id, (now[0] - ORIGIN) / TICK)));
      if (random.nextInt(4) == 0) {
        int victim = random.nextInt(i + 1);
        if (wheel.cancel(timers.get(victim))) {
          dueTicks.remove(victim);
        }
      }
      if (random.nextInt(3) == 0 && !wheel.isEmpty()) {
        now[0] = Math.max(now[0], wheel.nextDue());
        wheel.advance(now[0]);
      }
    }
    while (!wheel.isEmpty()) {
      assertTrue(wheel.nextDue() - now[0] >= 0, "seed " + seed);
      now[0] = wheel.nextDue();
      wheel.advance(now[0]);
      wakeUps++;
    }

    assertEquals(dueTicks, firedTicks, "seed " + seed);
    assertTrue(wakeUps < 6 * 5_000, wakeUps + " wake-ups, seed " + seed);
  }
}
