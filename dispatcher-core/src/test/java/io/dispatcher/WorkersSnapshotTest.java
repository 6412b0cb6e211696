package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Workers;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WorkersSnapshotTest {

  private static final long MILLI = 1_000_000L;
  private static final long START = 1_000_000 * MILLI;

  private final Breaker.Alarm alarm = new Breaker.Alarm();
  private final List<WorkerView> views = new ArrayList<>();

  private WorkersSnapshot snapshot(int size) {
    for (int i = 0; i < size; i++) {
      Member member = new Member(new Peer("w" + i, 1), Set.of(Role.WORKER), null, Set.of());
      WorkerView view = new WorkerView(member, null, START);
      view.credit(10);
      views.add(view);
    }
    double[] weights = new double[size];
    java.util.Arrays.fill(weights, 1);
    return new WorkersSnapshot(
        WorkersSnapshot.ordered(views),
        view ->
            new Track(view.pool("work"), new Breaker(alarm, new SplittableRandom(1), length -> {})),
        weights,
        0);
  }

  private static long load(WorkersSnapshot snapshot, long millis) {
    snapshot.at(START + millis * MILLI);
    return snapshot.load(0);
  }

  private static void took(WorkersSnapshot snapshot, long millis) {
    for (int i = 0; i < 30; i++) {
      snapshot.track(0).times.began(START, 0);
      snapshot.track(0).times.succeeded(START, START + millis * MILLI);
    }
    snapshot.sample(START + millis * MILLI);
  }

  /** Alpha is 1 while a report is fresh, then exp(-(age - fresh) / fresh). */
  @Test
  void what_was_said_of_other_fronts_fades() {
    WorkersSnapshot snapshot = snapshot(2);
    took(snapshot, 1);
    views.get(0).room(new Message.Room(10, 1_000, 0), START);
    views.get(0).pool("work").inFlight(7);
    assertEquals(1_007, load(snapshot, 0));
    assertEquals(1_007, load(snapshot, 50), "as fresh as a task of 50 ms");
    assertEquals(7 + 368, load(snapshot, 100), 30);
    assertEquals(7 + 135, load(snapshot, 150), 15);
    assertEquals(7 + 20, load(snapshot, 249), 5);
    assertEquals(7, load(snapshot, 251), "its own count stays");
    assertEquals(7, load(snapshot, 1_000_000));
    views.get(0).room(new Message.Room(10, 30, 7), START + 300 * MILLI);
    assertEquals(30, load(snapshot, 301), "a newer report replaces it");
  }

  @Test
  void where_tasks_take_longer_it_stays_fresh_longer() {
    WorkersSnapshot snapshot = snapshot(1);
    views.get(0).room(new Message.Room(10, 1_000, 0), START);
    assertEquals(1_000, load(snapshot, 900), "nobody knows how long they take");
    took(snapshot, 400);
    views.get(0).room(new Message.Room(10, 1_000, 0), START);
    assertEquals(1_000, load(snapshot, 300));
    assertTrue(load(snapshot, 1_000) > 100);
    assertEquals(0, load(snapshot, 2_500));
  }

  /** Two ways to the same: one for a rule that looks at all, and what is kept ready for it. */
  @Test
  void all_loads_at_once_are_those_of_each() {
    long seed = Long.getLong("dispatcher.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    WorkersSnapshot snapshot = snapshot(7);
    int[] all = {6, 0, 1, 5, 2, 3, 4};
    int closed = 0;
    int faded = 0;
    for (int round = 0; round < 2_000; round++) {
      long now = START + round * 40 * MILLI;
      int some = random.nextInt(7);
      WorkerView view = snapshot.view(some);
      PoolView pool = snapshot.track(some).pool;
      switch (random.nextInt(8)) {
        case 0 -> view.draining(random.nextBoolean());
        case 1 -> view.suspect(random.nextBoolean());
        case 2 -> view.credit(random.nextInt(20));
        case 3 -> view.room(new Message.Room(random.nextInt(20), random.nextInt(50), 3), now);
        case 4 -> pool.failed(random.nextInt(3));
        case 5 -> {
          int count = random.nextInt(10);
          pool.inFlight(count);
          view.inFlight(count);
        }
        case 6 -> view.offers(offer(random.nextInt(1, 9), random.nextInt(4) == 0));
        default -> snapshot.breaker(random.nextInt(7)).eject(now);
      }
      snapshot.count();
      snapshot.at(now);
      for (Workers workers : List.of(snapshot, snapshot.configured())) {
        long[] loads = new long[all.length];
        workers.openLoads(all, loads);
        for (int p = 0; p < all.length; p++) {
          int i = all[p];
          WorkerView of = snapshot.view(i);
          boolean open =
              !of.draining()
                  && !of.suspect()
                  && of.inFlight() < of.credit()
                  && (snapshot.panics() || snapshot.breaker(i).allows(now));
          assertEquals(open, workers.open(i), () -> "-Ddispatcher.seed=" + seed);
          assertEquals(
              open ? workers.load(i) : Workers.CLOSED, loads[p], () -> "-Ddispatcher.seed=" + seed);
          closed += open ? 0 : 1;
          PoolView its = snapshot.track(i).pool;
          faded += open && workers.load(i) < its.inFlight() + its.others() ? 1 : 0;
        }
      }
    }
    assertTrue(closed > 1_000 && faded > 100, closed + " closed, " + faded + " faded");
  }

  private static Message.Offer offer(int slots, boolean draining) {
    return new Message.Offer(
        List.of(new Message.Offered("work", "default", slots, 0)), slots + 2, null, draining);
  }

  /** With fewer than half left, those that are there are better than none. */
  @Test
  void with_most_ejected_or_gone_breakers_do_not_count_but_the_rest_does() {
    WorkersSnapshot snapshot = snapshot(5);
    snapshot.at(START);
    snapshot.breaker(0).eject(START);
    snapshot.count();
    assertFalse(snapshot.panics());
    assertFalse(snapshot.open(0));
    assertEquals("ejected", snapshot.closed(0));

    views.get(1).draining(true);
    snapshot.count();
    assertFalse(snapshot.open(0), "three of five are left");
    views.get(2).suspect(true);
    snapshot.count();
    assertTrue(snapshot.panics());
    assertTrue(snapshot.open(0), "two of five are left");
    assertNull(snapshot.closed(0));
    assertFalse(snapshot.open(1), "who leaves takes nothing");
    assertFalse(snapshot.open(2), "and who is silent neither");

    views.get(2).suspect(false);
    snapshot.count();
    assertFalse(snapshot.open(0));
  }
}
