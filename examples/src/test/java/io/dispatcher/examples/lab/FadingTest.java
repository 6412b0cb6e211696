package io.dispatcher.examples.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The laboratory's fronts forget as the dispatcher's do. */
class FadingTest {

  private static final long MILLI = 1_000_000L;

  private final Fading fading = new Fading();

  private long left(long millis) {
    return fading.of(1_000, millis * MILLI);
  }

  /** The same numbers as in the test of the dispatcher's own view. */
  @Test
  void reports_fade_over_four_times_what_they_are_fresh() {
    fading.usual(MILLI);
    assertEquals(1_000, left(50), "as fresh as a task of 50 ms");
    assertEquals(368, left(100), 30);
    assertEquals(135, left(150), 15);
    assertEquals(20, left(249), 5);
    assertEquals(0, left(251));
    assertEquals(0, left(1_000_000));
  }

  @Test
  void a_mean_task_is_longer_than_the_least() {
    fading.usual(Simulation.TASK);
    assertEquals(1_000, left(100));
    assertEquals(368, left(200), 30);
    assertEquals(0, left(501));
  }

  @Test
  void nobody_knows_how_long_tasks_take() {
    assertEquals(1_000, left(1_000));
    assertEquals(0, left(5_001));
    fading.usual(20_000 * MILLI);
    assertEquals(1_000, left(10_000));
    assertEquals(0, left(50_001), "a task of 20 s is no reason to believe for longer");
  }
}
