package io.dispatcher.ledger;

import static io.dispatcher.ledger.Blocks.HEIR;
import static io.dispatcher.ledger.Blocks.OWNER;
import static io.dispatcher.ledger.Blocks.THIRD;
import static io.dispatcher.ledger.Blocks.adopt;
import static io.dispatcher.ledger.Blocks.apply;
import static io.dispatcher.ledger.Blocks.created;
import static io.dispatcher.ledger.Blocks.failure;
import static io.dispatcher.ledger.Blocks.recorded;
import static io.dispatcher.ledger.Blocks.reissue;
import static io.dispatcher.ledger.Blocks.save;
import static io.dispatcher.ledger.Blocks.success;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Change.Cause;
import io.dispatcher.ledger.Change.Item;
import io.dispatcher.task.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ledger's rules for the change of the owner. */
class AdoptTest {

  private static Block adopted() {
    return apply(created(), adopt(2, HEIR, OWNER, 1)).next();
  }

  @Test
  void an_heir_owns_the_block_under_the_next_epoch_and_nothing_else_changes() {
    Block block = apply(created(), save(7, 0, 1, 3)).next();

    Transition taken = apply(block, adopt(2, HEIR, OWNER, 1));

    assertEquals(Status.RECORDED, taken.answer().status());
    assertEquals(HEIR, taken.next().owner());
    assertEquals(2, taken.next().ownerEpoch());
    assertSame(taken.next(), taken.answer().block());
    assertInstanceOf(Delta.Whole.class, taken.delta());
    assertTrue(taken.next().version().compareTo(block.version()) > 0);
    for (int i = 0; i < block.size(); i++) {
      assertEquals(block.entry(i), taken.next().entry(i));
    }
  }

  @Test
  void a_repeat_is_recorded_shows_the_block_and_heals_the_backups() throws Delta.ReplicaBehind {
    Block taken = adopted();

    Transition again = apply(taken, adopt(2, HEIR, OWNER, 1));

    assertEquals(Status.RECORDED, again.answer().status());
    assertSame(taken, again.next());
    assertNotNull(again.answer().block());
    assertEquals(HEIR, again.delta().applyTo(created()).owner());
  }

  @Test
  void a_repeat_after_writes_of_workers_is_recorded_still_and_shows_them() {
    Block settled = apply(adopted(), success(3, 0, 1)).next();

    Transition again = apply(settled, adopt(2, HEIR, OWNER, 1));

    assertEquals(Status.RECORDED, again.answer().status());
    assertEquals(TaskState.SUCCEEDED, again.answer().block().entry(0).state());
  }

  @Test
  void a_second_heir_is_fenced_and_so_is_the_first_after_the_next_change() {
    Block taken = adopted();
    Transition second = apply(taken, adopt(3, THIRD, OWNER, 1));
    assertEquals(Status.FENCED, second.answer().status());
    assertSame(taken, second.next());

    Block third = apply(taken, adopt(4, THIRD, HEIR, 2)).next();
    assertEquals(3, third.ownerEpoch());
    assertEquals(Status.FENCED, apply(third, adopt(2, HEIR, OWNER, 1)).answer().status());
    assertEquals(Status.FENCED, apply(third, adopt(5, HEIR, HEIR, 2)).answer().status());
  }

  @Test
  void it_has_to_name_the_owner_and_the_epoch() {
    Block block = created();

    for (Change.Adopt wrong :
        List.of(adopt(2, HEIR, THIRD, 1), adopt(2, HEIR, OWNER, 2), adopt(2, HEIR, OWNER, 0))) {
      Transition refused = apply(block, wrong);
      assertEquals(Status.FENCED, refused.answer().status(), wrong.toString());
      assertSame(block, refused.next());
    }
    assertEquals(Status.GONE, apply(null, adopt(2, HEIR, OWNER, 1)).answer().status());
  }

  @Test
  void every_write_of_the_old_owner_is_fenced() {
    Block block = adopted();
    for (int i = 0; i < 3; i++) {
      block = apply(block, success(10 + i, i, 1)).next();
    }
    List<Item> items = List.of(new Item(0, 1));
    for (Block each : List.of(adopted(), block)) {
      for (Change stale :
          List.of(
              reissue(20, 0, 1, Cause.DEATH),
              new Change.End(21, OWNER, 1, items, TaskState.CANCELLED),
              new Change.Forget(22, OWNER, 1, List.of(0)),
              new Change.Delete(23, OWNER, 1, Blocks.NONCE))) {
        Transition refused = apply(each, stale);
        assertEquals(Status.FENCED, refused.answer().status(), stale.toString());
        assertSame(each, refused.next(), stale.toString());
        assertEquals(HEIR, refused.answer().owner());
        assertInstanceOf(Delta.Whole.class, refused.delta());
      }
    }
    assertEquals(
        Status.RECORDED,
        apply(block, new Change.Delete(24, HEIR, 2, Blocks.NONCE)).answer().status());
  }

  @Test
  void an_owner_that_returns_is_not_the_owner_of_its_old_epoch() {
    Block back = apply(adopted(), adopt(3, OWNER, HEIR, 2)).next();

    assertEquals(OWNER, back.owner());
    assertEquals(Status.FENCED, apply(back, reissue(4, 0, 1, Cause.DEATH)).answer().status());
  }

  @Test
  void a_worker_s_attempt_goes_on_and_its_answer_names_the_heir() {
    Transition saved = apply(adopted(), save(3, 0, 1, 1));
    Transition done = apply(saved.next(), success(4, 0, 1));

    assertTrue(recorded(saved) && recorded(done));
    assertEquals(HEIR, saved.answer().owner());
    assertEquals(HEIR, done.answer().owner());
  }

  @Test
  void what_is_not_held_gets_a_raised_attempt_and_keeps_the_time_before_which_it_does_not_start() {
    Block waiting = apply(created(), failure(3, 0, 1, 77_000)).next();
    Block taken = apply(waiting, adopt(4, HEIR, OWNER, 1)).next();

    TaskEntry raised =
        apply(
                taken,
                new Change.Reissue(
                    5,
                    HEIR,
                    2,
                    List.of(new Item(0, 2), new Item(1, 1)),
                    Cause.ADOPTED,
                    "a",
                    76_000))
            .next()
            .entry(0);

    assertEquals(3, raised.attempt());
    assertEquals(77_000, raised.dueAt());
    assertEquals(1, raised.failures());
    assertEquals(0, raised.deaths());
    assertEquals(0, raised.lapses());
    assertEquals(
        0, apply(waiting, reissue(6, 0, 2, Cause.DEATH)).next().entry(0).dueAt(), "it was started");
  }
}
