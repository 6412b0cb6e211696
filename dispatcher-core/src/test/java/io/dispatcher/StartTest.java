package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.TaskOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class StartTest {

  private static Start start(Loop loop) {
    Profile profile = Intake.profile("work", TaskOptions.DEFAULTS);
    Delivery delivery =
        new Delivery(new BlockId(1, 2, 3), 4, 1, 0, 1, 0, 0, profile, null, new byte[0], 0);
    // Neither worker nor handler is asked: nothing runs.
    return new Start(delivery, new Peer("a", 1), null, null, loop);
  }

  @Test
  void what_is_dropped_while_it_waits_does_not_pile_up_behind_what_runs_long() {
    Pool pool = new Pool("default", 1, run -> {});
    for (int i = 0; i < 1_000; i++) {
      Start start = start(new Posts());
      pool.submit(start, false);
      start.stop(null);
      pool.dropped();
    }
    Start last = start(new Posts());
    pool.submit(last, false);
    last.stop(null);
    for (int i = 0; i < 65; i++) {
      pool.dropped();
    }

    assertFalse(pool.goesOn(), "nothing waits");
  }

  @Test
  void notes_that_the_loop_has_not_passed_on_do_not_pile_up() {
    Posts loop = new Posts();
    Start start = start(loop);

    for (int i = 0; i < 1000; i++) {
      start.progress("note " + i);
    }

    assertEquals(1, loop.turns.size());
  }

  /** A loop that never comes to it. */
  private static final class Posts implements Loop {
    private final List<Runnable> turns = new ArrayList<>();

    @Override
    public void execute(Runnable turn) {
      turns.add(turn);
    }

    @Override
    public Timer after(long nanos, Runnable turn) {
      throw new IllegalStateException("not asked for");
    }

    @Override
    public long now() {
      return 0;
    }

    @Override
    public long wallMillis() {
      return 0;
    }

    @Override
    public RandomGenerator random() {
      throw new IllegalStateException("not asked for");
    }
  }
}
