package io.dispatcher.ledger;

import static io.dispatcher.ledger.Blocks.apply;
import static io.dispatcher.ledger.Blocks.created;
import static io.dispatcher.ledger.Blocks.failure;
import static io.dispatcher.ledger.Blocks.recorded;
import static io.dispatcher.ledger.Blocks.reissue;
import static io.dispatcher.ledger.Blocks.save;
import static io.dispatcher.ledger.Blocks.saveLarge;
import static io.dispatcher.ledger.Blocks.success;
import static io.dispatcher.ledger.Blocks.valueId;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Change.Cause;
import io.dispatcher.ledger.Change.Item;
import io.dispatcher.task.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ledger's rules for checkpoints. */
class SaveTest {

  private static byte bytesOf(Block block, int index) {
    return block.entry(index).checkpoint().bytes()[0];
  }

  @Test
  void a_checkpoint_is_recorded_and_a_newer_one_replaces_it() {
    Transition first = apply(created(), save(2, 0, 1, 1));
    Transition second = apply(first.next(), save(3, 0, 1, 2));

    assertTrue(recorded(first) && recorded(second));
    assertEquals(1, bytesOf(first.next(), 0));
    assertEquals(2, bytesOf(second.next(), 0));
    assertEquals(TaskState.WAITING, second.next().entry(0).state());
    assertEquals(1, second.next().entry(0).attempt());
  }

  @Test
  void an_older_sequence_that_arrives_late_changes_nothing() {
    Block newer = apply(created(), save(3, 0, 1, 2)).next();

    Transition late = apply(newer, save(2, 0, 1, 1));

    assertTrue(recorded(late), "what is there is newer");
    assertSame(newer, late.next());
    assertEquals(2, bytesOf(late.next(), 0));
  }

  @Test
  void a_repeat_is_recorded_and_heals_the_backups() throws Delta.ReplicaBehind {
    Block backup = created();
    Transition first = apply(backup, save(2, 0, 1, 1));

    Transition again = apply(first.next(), save(2, 0, 1, 1));

    assertTrue(recorded(again));
    assertSame(first.next(), again.next());
    assertInstanceOf(Delta.Whole.class, again.delta());
    assertEquals(first.next().version(), again.delta().applyTo(backup).version());
    assertEquals(1, bytesOf(again.delta().applyTo(null), 0));
  }

  @Test
  void a_backup_that_missed_one_refuses_the_next() {
    Block backup = created();
    Transition missed = apply(backup, save(2, 0, 1, 1));
    Transition next = apply(missed.next(), save(3, 0, 1, 2));

    assertThrows(Delta.ReplicaBehind.class, () -> next.delta().applyTo(backup));
  }

  @Test
  void a_stale_attempt_is_refused_and_its_successor_starts_from_what_it_saved() {
    Block saved = apply(created(), save(2, 0, 1, 5)).next();
    Block raised = apply(saved, reissue(3, 0, 1, Cause.DEATH)).next();
    assertEquals(5, bytesOf(raised, 0));

    Transition stale = apply(raised, save(4, 0, 1, 6));
    assertFalse(recorded(stale));
    assertSame(raised, stale.next());

    Block own = apply(raised, save(5, 0, 2, 1)).next();
    assertEquals(1, bytesOf(own, 0), "each attempt counts from 1");
  }

  @Test
  void a_retry_keeps_the_checkpoint_and_counts_anew() {
    Block saved = apply(created(), save(2, 0, 1, 5)).next();
    Block retried = apply(saved, failure(3, 0, 1, 500)).next();

    assertEquals(2, retried.entry(0).attempt());
    assertEquals(5, bytesOf(retried, 0));
    assertFalse(recorded(apply(retried, save(4, 0, 1, 6))));
    assertEquals(1, bytesOf(apply(retried, save(5, 0, 2, 1)).next(), 0));
  }

  @Test
  void a_task_that_ended_takes_no_checkpoint() {
    Block saved = apply(created(), save(2, 0, 1, 1)).next();
    Block done = apply(saved, success(3, 0, 1)).next();
    Block cancelled =
        apply(
                saved,
                new Change.End(4, Blocks.OWNER, 1, List.of(new Item(0, 1)), TaskState.CANCELLED))
            .next();

    for (Block block : List.of(done, cancelled)) {
      assertNull(block.entry(0).checkpoint());
      Transition late = apply(block, save(5, 0, 1, 2));
      assertFalse(recorded(late));
      assertSame(block, late.next());
    }
  }

  @Test
  void another_life_of_the_block_and_no_block_take_none() {
    Change.Save stranger =
        new Change.Save(2, Blocks.NONCE + 1, 0, 1, 1, Value.inline(new byte[] {1}));

    assertFalse(recorded(apply(created(), stranger)));
    assertEquals(Status.GONE, apply(null, save(2, 0, 1, 1)).answer().status());
  }

  @Test
  void a_checkpoint_stands_in_no_one_s_way_but_its_own_task_s() {
    Block saved = apply(created(), save(2, 0, 1, 1)).next();

    assertNull(saved.entry(1).checkpoint());
    assertTrue(apply(saved, success(3, 1, 1)).answer().items().isEmpty());
  }

  // What lies beside the block has to be dropped by somebody

  @Test
  void whoever_ends_a_task_is_told_of_the_checkpoint_that_lies_beside_the_block() {
    Block saved = apply(created(), saveLarge(2, 0, 1, 1)).next();
    List<Change> ends =
        List.of(
            success(3, 0, 1),
            failure(4, 0, 1, 0),
            new Change.End(5, Blocks.OWNER, 1, List.of(new Item(0, 1)), TaskState.EXPIRED));

    for (Change end : ends) {
      Transition ended = apply(saved, end);
      Transition again = apply(ended.next(), end);
      for (Transition each : List.of(ended, again)) {
        TaskEntry told = each.answer().items().get(0).entry();
        assertEquals(valueId(0, 1, 1), told.checkpoint().stored(), end.toString());
        assertTrue(told.isFinal());
      }
    }
  }

  @Test
  void whoever_takes_over_finds_the_names_of_what_may_still_lie_beside_the_block()
      throws Delta.ReplicaBehind {
    Block backup = apply(created(), saveLarge(2, 2, 1, 1)).next();
    Transition done = apply(backup, success(3, 2, 1));

    for (Block block : List.of(done.next(), done.delta().applyTo(backup))) {
      TaskEntry entry = block.entry(2);
      assertEquals(valueId(2, 0, 0), entry.payload().stored());
      assertEquals(valueId(2, 1, 1), entry.checkpoint().stored());
      assertTrue(entry.weight() < 300, "it weighs where it lies");
    }
    Transition forgotten = apply(done.next(), new Change.Forget(4, Blocks.OWNER, 1, List.of(2)));
    for (Block block : List.of(forgotten.next(), forgotten.delta().applyTo(done.next()))) {
      assertNull(block.entry(2).payload());
      assertNull(block.entry(2).checkpoint());
    }
  }
}
