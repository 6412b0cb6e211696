package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PeakEwmaTest {

  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;

  /** Anywhere on the clock, negative times included. */
  private static final long START = -3 * SECOND;

  private final PeakEwma ewma = new PeakEwma();

  @Test
  void nothingIsKnownAtFirst() {
    assertEquals(0, ewma.nanos(START, 0));
    assertEquals(7, ewma.nanos(START, 7));
    assertFalse(ewma.known());
  }

  @Test
  void aLongerTimeIsAdoptedAtOnce() {
    task(START, 2 * MILLI);
    assertEquals(2 * MILLI, ewma.nanos(START + 2 * MILLI, 0));
    task(START + 2 * MILLI, 300 * MILLI);
    assertEquals(300 * MILLI, ewma.nanos(START + 302 * MILLI, 0));
    assertTrue(ewma.known());
  }

  /** Finagle's rule: the weight of what was halves in tau · ln 2, 6.93 s for 10 s. */
  @Test
  void theHalfLife() {
    long halfLife = (long) (10 * Math.log(2) * SECOND);
    assertEquals(6.93, halfLife / 1e9, 0.002);
    task(START, 400 * MILLI);
    task(START + 400 * MILLI + halfLife, 0);
    assertEquals(200 * MILLI, ewma.nanos(START + 400 * MILLI + halfLife, 0), 10.0);
  }

  @Test
  void longTasksDecayMoreSlowly() {
    task(START, 10 * SECOND);
    long halfLife = (long) (100 * Math.log(2) * SECOND);
    task(START + 10 * SECOND + halfLife, 0);
    assertEquals(5 * SECOND, ewma.nanos(START + 10 * SECOND + halfLife, 0), 10.0);
  }

  /** Without this a worker that is stuck looks better the longer it is stuck. */
  @Test
  void theAgeOfWhatIsOutIsTheFloor() {
    task(START, 2 * MILLI);
    long now = START + 10 * MILLI;
    ewma.began(now, 0);
    assertEquals(2 * MILLI, ewma.nanos(now + MILLI, 0));
    assertEquals(30 * SECOND, ewma.nanos(now + 30 * SECOND, 0));
    ewma.began(now + 30 * SECOND, 0);
    assertEquals(20 * SECOND, ewma.nanos(now + 35 * SECOND, 0));
    ewma.dropped(now);
    assertEquals(5 * SECOND, ewma.nanos(now + 35 * SECOND, 0));
  }

  @Test
  void theMeanAgeOfMany() {
    for (int k = 0; k < 4096; k++) {
      ewma.began(START + k * SECOND, 0);
    }
    assertEquals(2047.5e9, ewma.nanos(START + 4095 * SECOND, 0), SECOND / 100.0);
    // A year later.
    long year = 365 * 86_400 * SECOND;
    assertEquals(2047.5e9 + year, ewma.nanos(START + 4095 * SECOND + year, 0), 1.0 * SECOND);
  }

  @Test
  void nothingDecaysWhileATaskIsOut() {
    task(START, 500 * MILLI);
    ewma.began(START + 500 * MILLI, MILLI);
    assertEquals(500 * MILLI, ewma.nanos(START + 600 * MILLI, MILLI));
    assertEquals(500 * MILLI, ewma.nanos(START + 900 * MILLI, MILLI));
  }

  @Test
  void anIdleWorkerGoesBackToWhatIsUsual() {
    task(START, 400 * MILLI);
    long then = START + 400 * MILLI;
    long halfLife = (long) (10 * Math.log(2) * SECOND);
    assertEquals(210 * MILLI, ewma.nanos(then + halfLife, 20 * MILLI), 10.0);
    assertEquals(20 * MILLI, ewma.nanos(then + 1000 * SECOND, 20 * MILLI), 10.0);
    // A task that begins does not bring the old estimate back.
    ewma.began(then + halfLife, 20 * MILLI);
    assertEquals(210 * MILLI, ewma.nanos(then + halfLife, 20 * MILLI), 10.0);
  }

  @Test
  void aNewcomerIsAsUsual() {
    ewma.began(START, 20 * MILLI);
    assertEquals(20 * MILLI, ewma.nanos(START + MILLI, 20 * MILLI));
    ewma.succeeded(START, START + 30 * MILLI);
    assertEquals(30 * MILLI, ewma.nanos(START + 30 * MILLI, 20 * MILLI));
  }

  @Test
  void aWorkerThatFailsFastDoesNotLookFast() {
    long now = START;
    task(now, 10 * MILLI);
    for (int k = 0; k < 100; k++) {
      ewma.began(now, 10 * MILLI);
      now += MILLI;
      ewma.failed(now - MILLI, now);
    }
    assertTrue(ewma.nanos(now, 10 * MILLI) > 50 * MILLI);
  }

  @Test
  void anOddFailureDoesNotShutAWorkerOut() {
    long now = START;
    for (int k = 0; k < 1000; k++) {
      ewma.began(now, 10 * MILLI);
      now += 10 * MILLI;
      if (k % 100 == 50) {
        ewma.failed(now - MILLI, now);
      } else {
        ewma.succeeded(now - 10 * MILLI, now);
      }
    }
    assertTrue(ewma.nanos(now, 10 * MILLI) < 100 * MILLI);
  }

  @Test
  void aFailureComesFirst() {
    ewma.began(START, 0);
    ewma.failed(START, START + MILLI);
    assertEquals(5 * SECOND, ewma.nanos(START + MILLI, 0));
  }

  private void task(long began, long took) {
    ewma.began(began, 0);
    ewma.succeeded(began, began + took);
  }
}
