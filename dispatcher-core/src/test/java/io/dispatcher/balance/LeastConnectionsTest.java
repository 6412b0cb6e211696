package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LeastConnectionsTest extends BalancerContract {

  private final Pick pick = new Pick(Chance.random());

  @Override
  protected Balancer create() {
    return Balancers.leastConnections();
  }

  @Test
  void sessionsAreAskedFor() {
    assertTrue(create().asksForSessions());
    assertFalse(Balancers.leastRequests().asksForSessions());
  }

  @Test
  void aNewSubmitterGoesToTheFewestSessions() {
    FakeWorkers workers =
        FakeWorkers.of("a", "b", "c").sessions(0, 2).sessions(1, 1).sessions(2, 2);
    workers.load(1, 50);
    Picker picker = create().picker(workers);
    assertEquals(1, picker.pick(new Pick(Chance.none())));
    workers.sessions(1, 3).sessions(0, 4);
    assertEquals(2, picker.pick(new Pick(Chance.none())));
  }

  @Test
  void sessionsCountPerUnitOfWeight() {
    FakeWorkers workers = FakeWorkers.of("a", "b").weight(1, 4).sessions(0, 1).sessions(1, 6);
    Picker picker = create().picker(workers);
    assertEquals(1, picker.pick(pick));
    workers.sessions(1, 8);
    assertEquals(0, picker.pick(pick));
  }

  @Test
  void asManySessionsThenFewerTasks() {
    FakeWorkers workers = FakeWorkers.of("a", "b", "c").load(0, 2).load(1, 1).load(2, 3);
    assertEquals(1, create().picker(workers).pick(new Pick(Chance.none())));
  }

  @Test
  void tiesAreEquallyLikely() {
    FakeWorkers workers = FakeWorkers.sized(12).sessions(0, 1).load(1, 1);
    Picker picker = create().picker(workers);
    int[] counts = new int[10];
    for (int k = 0; k < 100_000; k++) {
      counts[picker.pick(pick) - 2]++;
    }
    Chance.assertUniform(counts);
  }

  /** Clients are spread, not tasks: a known one stays although others have fewer sessions. */
  @Test
  void aKnownSubmitterStays() {
    FakeWorkers workers = FakeWorkers.sized(10).sessions(7, 30).load(7, 3);
    Picker picker = create().picker(workers);
    pick.bind(7);
    assertEquals(7, picker.pick(pick));
    for (int i = 0; i < 10; i++) {
      workers.sessions(i, i == 2 ? 1 : 30);
    }
    workers.open(7, false);
    assertEquals(2, picker.pick(pick));
    workers.open(7, true);
    assertEquals(7, picker.pick(pick));
    assertEquals(2, picker.pick(pick.exclude(7)));
  }

  @Test
  void ofSeveralSessionsTheLeastLoaded() {
    FakeWorkers workers = FakeWorkers.sized(10).load(3, 4).load(5, 3).load(8, 5).weight(8, 2);
    Picker picker = create().picker(workers);
    pick.bind(3).bind(5).bind(8);
    assertEquals(8, picker.pick(pick));
    assertEquals(5, picker.pick(pick.exclude(8)));
    pick.clearExclusions().clearSessions();
    assertEquals(0, pick.sessions());
    assertThrows(IndexOutOfBoundsException.class, () -> pick.session(0));
    for (int i = 0; i < 10; i++) {
      workers.sessions(i, i == 1 ? 0 : 2);
    }
    assertEquals(1, picker.pick(pick));
  }

  @Test
  void manySessions() {
    FakeWorkers workers = FakeWorkers.sized(100);
    for (int i = 0; i < 100; i++) {
      workers.load(i, 200 - i);
      pick.bind(i);
    }
    assertEquals(99, create().picker(workers).pick(pick));
  }
}
