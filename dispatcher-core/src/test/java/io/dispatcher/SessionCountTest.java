package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Sessions that are over, but not yet ended: that happens once a second. */
class SessionCountTest {

  private static final long MILLI = 1_000_000L;
  private static final Profile PROFILE =
      new Profile("work", 3, Backoff.DEFAULT, 1_000, 0, 0, 5, 1_000);

  private final Clock clock = new Clock();
  private final Sessions sessions = new Sessions(clock);
  private final WorkerView worker = worker("a");
  private final WorkerView other = worker("b");
  private final OwnedBlock block = new OwnedBlock(new BlockId(1, 2, 3), 1, 1, 0, 4);

  private static WorkerView worker(String name) {
    Member member = new Member(new Peer(name, 1), Set.of(Role.WORKER), null, Set.of());
    return new WorkerView(member, null, 0);
  }

  private static Submitter submitter() {
    return new Submitter(gone -> {});
  }

  private Session began(Submitter submitter, WorkerView on) {
    OwnedTask task = new OwnedTask(block, 0, PROFILE, null, 0, new byte[0], 0, 0);
    task.submitter = submitter;
    sessions.began(task, on);
    return task.session;
  }

  @Test
  void a_submitter_that_closes_when_its_session_is_over_is_counted_down_once() {
    for (int round = 0; round < 3; round++) {
      Submitter submitter = submitter();
      began(submitter, worker).ended();
      clock.pass(60_500);
      sessions.closed(submitter);
      assertEquals(0, worker.sessions);
    }
    sessions.expire();
    assertEquals(0, worker.sessions);
  }

  @Test
  void who_closes_with_several_sessions_has_none_left() {
    Submitter submitter = submitter();
    began(submitter, worker).ended();
    began(submitter, other).ended();
    clock.pass(30_000);
    Session running = began(submitter, other);
    clock.pass(30_500);
    sessions.closed(submitter);
    running.ended();
    assertEquals(0, worker.sessions);
    assertEquals(0, other.sessions);
  }

  @Test
  void a_task_after_a_session_is_over_opens_another() {
    Submitter submitter = submitter();
    Session first = began(submitter, worker);
    first.ended();
    clock.pass(60_500);
    Session second = began(submitter, worker);
    assertFalse(second.closed);
    assertEquals(1, worker.sessions);
    assertSame(second, submitter.sessions.get(0));
    second.ended();
    assertSame(second, began(submitter, worker), "it is not over yet");
    assertEquals(1, worker.sessions);
  }

  @Test
  void every_session_ends_once_however_it_ends() {
    Random random = new Random(5);
    Submitter[] submitters = new Submitter[20];
    for (int step = 0; step < 20_000; step++) {
      int k = random.nextInt(submitters.length);
      if (submitters[k] == null) {
        submitters[k] = submitter();
      }
      Session session = began(submitters[k], random.nextBoolean() ? worker : other);
      if (random.nextInt(10) > 0) {
        clock.pass(random.nextInt(10) == 0 ? random.nextInt(90_000) : 10);
      }
      session.ended();
      clock.pass(random.nextInt(20) == 0 ? random.nextInt(90_000) : 10);
      if (random.nextInt(5) == 0) {
        sessions.closed(submitters[k]);
        submitters[k] = null;
      }
      if (random.nextInt(3) == 0) {
        sessions.expire();
      }
      int open = 0;
      for (Submitter each : submitters) {
        open += each == null ? 0 : each.sessions.size();
      }
      assertEquals(open, worker.sessions + other.sessions);
    }
    clock.pass(61_000);
    sessions.expire();
    assertEquals(0, worker.sessions);
    assertEquals(0, other.sessions);
  }

  /** Goes on when it is told to. */
  private static final class Clock implements Loop {
    private long now;

    void pass(long millis) {
      now += millis * MILLI;
    }

    @Override
    public void execute(Runnable turn) {
      turn.run();
    }

    @Override
    public Timer after(long nanos, Runnable turn) {
      throw new UnsupportedOperationException("nothing here has timers");
    }

    @Override
    public long now() {
      return now;
    }

    @Override
    public long wallMillis() {
      return now / MILLI;
    }

    @Override
    public RandomGenerator random() {
      throw new UnsupportedOperationException("nothing here is random");
    }
  }
}
