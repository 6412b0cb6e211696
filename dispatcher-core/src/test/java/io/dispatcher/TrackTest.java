package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrackTest {

  private static final long MILLI = 1_000_000L;
  private static final long USUAL = 20 * MILLI;

  private static final OwnedTask TASK =
      new OwnedTask(
          new OwnedBlock(new BlockId(1, 2, 3), 1, 1, 0, 1),
          0,
          new Profile("work", 3, Backoff.DEFAULT, 1_000, 0, 0, 5, 1_000),
          null,
          0,
          new byte[0],
          0,
          0);

  private final Breaker.Alarm alarm = new Breaker.Alarm();

  private Track track() {
    return new Track(new PoolView(1), new Breaker(alarm, new SplittableRandom(1), length -> {}));
  }

  @Test
  void a_worker_on_which_tasks_fail_at_once_does_not_look_fast() {
    Track works = track();
    Track fails = track();
    long now = 0;
    for (int i = 0; i < 300; i++) {
      works.began(now, USUAL);
      fails.began(now, USUAL);
      fails.failed(TASK, now, now + MILLI);
      works.succeeded(TASK, now, now + USUAL);
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
      works.succeeded(TASK, now, now + USUAL);
      fails.began(now, USUAL);
      if (i % 3 == 2) {
        fails.failed(TASK, now, now + MILLI);
      } else {
        fails.succeeded(TASK, now, now + USUAL);
      }
      now += 100 * MILLI;
    }
    long good = works.times.nanos(now, USUAL);
    long bad = fails.times.nanos(now, USUAL);
    assertTrue(bad > 1.5 * good, bad / MILLI + " ms beside " + good / MILLI);
  }
}
