package io.dispatcher.examples.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** Sessions begin and end as a dispatcher's do. */
class SimSessionsTest {

  private static final long SECOND = 1_000_000_000L;

  private final SimSessions sessions = new SimSessions();
  private final SimView a = new SimView("a", 1, 4);
  private final SimView b = new SimView("b", 1, 4);

  private SimTask began(SimClient client, SimView view) {
    SimTask task = new SimTask(0, 1, 0, SimTask.NO_KEY, client, true);
    sessions.began(task, view);
    return task;
  }

  @Test
  void a_client_has_one_with_each_worker_until_it_goes() {
    SimClient client = new SimClient(0);
    SimTask first = began(client, a);
    assertSame(first.session, began(client, a).session);
    began(client, b);
    began(new SimClient(0), a);
    assertEquals(2, a.sessions);
    assertEquals(1, b.sessions);
    sessions.closed(client);
    assertEquals(1, a.sessions);
    assertEquals(0, b.sessions);
    sessions.ended(first, SECOND);
    assertEquals(1, a.sessions, "once only");
  }

  @Test
  void one_ends_a_minute_after_its_last_task() {
    SimClient client = new SimClient(0);
    SimTask task = began(client, a);
    sessions.expire(100 * SECOND);
    assertEquals(1, a.sessions, "the task goes on");
    sessions.ended(task, 100 * SECOND);
    sessions.ended(began(client, a), 130 * SECOND);
    sessions.expire(189 * SECOND);
    assertEquals(1, a.sessions);
    sessions.expire(190 * SECOND);
    assertEquals(0, a.sessions);
    began(client, a);
    assertEquals(1, a.sessions, "another one");
  }

  @Test
  void a_task_of_nobody_has_one_of_its_own() {
    SimTask one = began(null, a);
    SimTask other = began(null, a);
    assertEquals(2, a.sessions);
    sessions.ended(one, SECOND);
    sessions.ended(other, SECOND);
    assertEquals(0, a.sessions);
    SimClient gone = new SimClient(0);
    sessions.closed(gone);
    sessions.ended(began(gone, a), SECOND);
    assertEquals(0, a.sessions, "nor does one whose client has gone keep it");
  }
}
