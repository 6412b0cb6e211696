package io.dispatcher.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Answer.Status;
import io.dispatcher.ledger.Change.Cause;
import io.dispatcher.ledger.Change.Item;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the ledger, one by one. */
class TransitionTest {

  private static final BlockId ID = new BlockId(7, 1, 2);
  private static final Peer OWNER = new Peer("a", 1);
  private static final Peer OTHER = new Peer("b", 2);
  private static final long NONCE = 99;
  private static final Profile PROFILE = new Profile("t", 1, Backoff.DEFAULT, 1000, 0, 0, 5, 1000);
  private static final Failure FAILURE = new Failure("E", "no", "", "a", 1);

  private long stamp;

  private static Block fresh(String hash) {
    TaskEntry[] entries = new TaskEntry[3];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = TaskEntry.accepted(PROFILE, null, Value.inline(new byte[] {(byte) i}), 1);
    }
    return Block.fresh(ID, NONCE, OWNER, 0, hash, entries);
  }

  private Transition apply(Block block, Change change) {
    return Transition.of(block, change, 4, ++stamp);
  }

  private Block created() {
    return apply(null, new Change.Create(1, fresh(null))).next();
  }

  private static Change.Settle success(long write, int index, int attempt) {
    return new Change.Settle(
        write,
        NONCE,
        List.of(
            new Change.Settlement(index, attempt, Value.inline(new byte[] {9}), null, false, 0)));
  }

  private static Change.Settle failure(long write, int index, int attempt, boolean again) {
    return new Change.Settle(
        write, NONCE, List.of(new Change.Settlement(index, attempt, null, FAILURE, again, 500)));
  }

  @Test
  void a_create_is_recorded_once_and_its_repeat_heals_the_backups() {
    Transition first = apply(null, new Change.Create(1, fresh(null)));
    Transition again = apply(first.next(), new Change.Create(1, fresh(null)));

    assertEquals(Status.RECORDED, first.answer().status());
    assertEquals(new Version(4, 1, 1), first.next().version());
    assertEquals(Status.RECORDED, again.answer().status());
    assertSame(first.next(), again.next());
    assertInstanceOf(Delta.Whole.class, again.delta());
  }

  @Test
  void a_create_of_a_name_in_use_exists_or_conflicts() {
    Block block = apply(null, new Change.Create(1, fresh("h"))).next();
    Block same = Block.fresh(ID, 5, OTHER, 0, "h", fresh("h").copyEntries());
    Block other = Block.fresh(ID, 5, OTHER, 0, "x", fresh("x").copyEntries());

    assertEquals(Status.EXISTS, apply(block, new Change.Create(2, same)).answer().status());
    assertEquals(Status.CONFLICT, apply(block, new Change.Create(3, other)).answer().status());
    assertSame(block, apply(block, new Change.Create(3, other)).next());
  }

  @Test
  void a_success_drops_the_payload_and_keeps_the_result() {
    Transition done = apply(created(), success(2, 1, 1));

    TaskEntry entry = done.next().entry(1);
    assertEquals(TaskState.SUCCEEDED, entry.state());
    assertNull(entry.payload());
    assertNotNull(entry.result());
    assertTrue(done.answer().items().isEmpty(), "plain success needs no words");
    assertEquals(OWNER, done.answer().owner());
  }

  @Test
  void a_second_outcome_is_refused_whoever_writes_it() {
    Block done = apply(created(), success(2, 1, 1)).next();

    Transition second = apply(done, failure(3, 1, 1, false));

    assertSame(done, second.next());
    assertFalse(second.answer().items().get(0).recorded());
  }

  @Test
  void a_repeat_that_finds_its_own_id_is_answered_as_recorded() {
    Block done = apply(created(), success(2, 1, 1)).next();

    Transition again = apply(done, success(2, 1, 1));

    assertTrue(again.answer().items().isEmpty());
    assertInstanceOf(Delta.Whole.class, again.delta());
    assertSame(done, again.next());
  }

  @Test
  void a_stale_attempt_is_refused_and_the_current_one_accepted() {
    Block raised =
        apply(created(), new Change.Reissue(2, OWNER, 1, List.of(new Item(1, 1)), Cause.DEATH))
            .next();

    assertEquals(2, raised.entry(1).attempt());
    assertEquals(1, raised.entry(1).deaths());
    assertFalse(apply(raised, success(3, 1, 1)).answer().items().get(0).recorded());
    assertEquals(TaskState.SUCCEEDED, apply(raised, success(4, 1, 2)).next().entry(1).state());
  }

  @Test
  void a_settle_for_another_life_of_the_block_is_refused() {
    Change.Settle stranger =
        new Change.Settle(
            2,
            NONCE + 1,
            List.of(new Change.Settlement(0, 1, Value.inline(new byte[0]), null, false, 0)));

    assertFalse(apply(created(), stranger).answer().items().get(0).recorded());
  }

  @Test
  void failures_are_retried_within_the_budget_and_then_final() {
    Transition first = apply(created(), failure(2, 0, 1, true));
    TaskEntry retried = first.next().entry(0);
    assertEquals(TaskState.WAITING, retried.state());
    assertEquals(2, retried.attempt());
    assertEquals(500, retried.dueAt());
    assertNotNull(retried.payload());

    TaskEntry failed = apply(first.next(), failure(3, 0, 2, true)).next().entry(0);
    assertEquals(TaskState.FAILED, failed.state());
    assertEquals(FAILURE, failed.failure());
    assertEquals(2, failed.failures());
  }

  @Test
  void a_failure_that_forbids_a_retry_is_final() {
    assertEquals(
        TaskState.FAILED, apply(created(), failure(2, 0, 1, false)).next().entry(0).state());
  }

  @Test
  void only_the_owner_of_this_epoch_may_raise_end_forget_or_delete() {
    Block block = created();
    List<Item> items = List.of(new Item(0, 1));
    List<Change> foreign =
        List.of(
            new Change.Reissue(2, OTHER, 1, items, Cause.DEATH),
            new Change.Reissue(2, OWNER, 2, items, Cause.DEATH),
            new Change.End(2, OTHER, 1, items, TaskState.CANCELLED),
            new Change.Forget(2, OTHER, 1, List.of(0)),
            new Change.Delete(2, OTHER, 1, NONCE));
    for (Change change : foreign) {
      Transition refused = apply(block, change);
      assertEquals(Status.FENCED, refused.answer().status(), change.toString());
      assertSame(block, refused.next(), change.toString());
    }
  }

  @Test
  void a_block_with_unfinished_tasks_is_not_deleted() {
    assertEquals(
        Status.FENCED, apply(created(), new Change.Delete(2, OWNER, 1, NONCE)).answer().status());

    Block block = created();
    for (int i = 0; i < 3; i++) {
      block = apply(block, success(10 + i, i, 1)).next();
    }
    Transition deleted = apply(block, new Change.Delete(20, OWNER, 1, NONCE));
    assertNull(deleted.next());
    assertEquals(Status.RECORDED, deleted.answer().status());
    assertEquals(
        Status.GONE, apply(null, new Change.Delete(20, OWNER, 1, NONCE)).answer().status());
  }

  @Test
  void a_late_repeat_of_a_delete_spares_the_block_that_was_made_anew_under_its_key() {
    Block block = created();
    for (int i = 0; i < 3; i++) {
      block = apply(block, success(10 + i, i, 1)).next();
    }
    Transition late = apply(block, new Change.Delete(20, OWNER, 1, NONCE - 1));
    assertEquals(Status.FENCED, late.answer().status());
    assertSame(block, late.next());
  }

  @Test
  void forgetting_drops_outcomes_and_never_an_unfinished_task() {
    Block block = apply(created(), success(2, 0, 1)).next();

    Transition forgot = apply(block, new Change.Forget(3, OWNER, 1, List.of(0, 1)));

    assertEquals(TaskState.REMOVED, forgot.next().entry(0).state());
    assertNull(forgot.next().entry(0).result());
    assertEquals(TaskState.WAITING, forgot.next().entry(1).state());
  }

  @Test
  void what_may_have_been_recorded_before_waits_for_copies() {
    Change.Create first = new Change.Create(1, fresh(null));

    assertFalse(Transition.waitsForCopies(first, true), "its name is new");
    assertTrue(Transition.waitsForCopies(first.repeated(), true));
    assertTrue(Transition.waitsForCopies(new Change.Create(1, fresh("h")), true));
    assertTrue(Transition.waitsForCopies(new Change.Import(2, created()), true));
    Change begin = new Change.Begin(3, 4, new Peer("w", 1), 5, List.of(new Change.Item(0, 1)));
    assertTrue(Transition.waitsForCopies(begin, true), "or a start would be taken for void");
    assertFalse(Transition.waitsForCopies(begin, false));
    assertFalse(Transition.waitsForCopies(first.repeated(), false));
    assertFalse(Transition.waitsForCopies(new Change.Import(2, created()), false));
  }

  @Test
  void a_backup_that_follows_ends_with_the_primary_s_block() throws Delta.ReplicaBehind {
    Block primary = null;
    Block backup = null;
    List<Change> writes =
        List.of(
            new Change.Create(1, fresh(null)),
            success(2, 0, 1),
            failure(3, 1, 1, true),
            new Change.Reissue(4, OWNER, 1, List.of(new Item(2, 1)), Cause.LAPSE),
            new Change.End(5, OWNER, 1, List.of(new Item(2, 2)), TaskState.CANCELLED),
            new Change.Confirm(6));
    for (Change change : writes) {
      Transition transition = apply(primary, change);
      primary = transition.next();
      backup = transition.delta().applyTo(backup);
      assertEquals(primary.version(), backup.version());
      for (int i = 0; i < primary.size(); i++) {
        assertEquals(primary.entry(i), backup.entry(i), change.toString());
      }
    }
  }

  @Test
  void a_backup_that_missed_a_write_refuses_until_it_is_healed() throws Delta.ReplicaBehind {
    Block backup = created();
    Transition missed = apply(backup, success(2, 0, 1));
    Transition next = apply(missed.next(), success(3, 1, 1));

    assertThrows(Delta.ReplicaBehind.class, () -> next.delta().applyTo(backup));
    Transition shown = apply(next.next(), new Change.Confirm(4));
    assertEquals(next.next().version(), shown.delta().applyTo(backup).version());
    Transition healing = apply(next.next(), success(3, 1, 1));
    assertEquals(next.next().version(), healing.delta().applyTo(backup).version());
  }

  @Test
  void what_the_primary_lacks_is_gone_if_its_backups_lack_it_too() throws Delta.ReplicaBehind {
    Block block = created();
    for (Change change : List.of(new Change.Confirm(2), success(3, 0, 1))) {
      Transition gone = apply(null, change);
      assertEquals(Status.GONE, gone.answer().status());
      assertNull(gone.delta().applyTo(null));
      assertThrows(Delta.ReplicaBehind.class, () -> gone.delta().applyTo(block));
    }
    assertNull(apply(null, new Change.Delete(4, OWNER, 1, NONCE)).delta().applyTo(block));
  }

  @Test
  void a_block_of_successes_is_packed_and_says_the_same() {
    Block block = created();
    for (int i = 0; i < 3; i++) {
      block = apply(block, success(10 + i, i, 1)).next();
    }
    Block again = apply(block, success(12, 2, 1)).next();

    assertSame(block, again);
    for (int i = 0; i < 3; i++) {
      TaskEntry entry = block.entry(i);
      assertEquals(TaskState.SUCCEEDED, entry.state());
      assertEquals(1, entry.attempt());
      assertEquals(10 + i, entry.lastWrite());
      assertEquals(PROFILE, entry.profile());
      assertEquals(9, entry.result().bytes()[0]);
      assertEquals(1, entry.result().size());
    }
    assertNotNull(PackedEntries.of(block.copyEntries()));
    assertTrue(block.weight() < created().weight());
    assertEquals(
        TaskState.REMOVED,
        apply(block, new Change.Forget(20, OWNER, 1, List.of(1))).next().entry(1).state());
    assertFalse(apply(block, success(30, 0, 1)).answer().items().get(0).recorded());
  }

  @Test
  void weights_follow_what_is_held() {
    Block full = created();
    Block failed = apply(full, failure(2, 0, 1, false)).next();
    Block moved = apply(failed, new Change.Moved(3, OWNER, 1, List.of(0))).next();
    assertTrue(full.weight() > 0);
    assertTrue(failed.weight() > full.weight());
    assertTrue(moved.entry(0).payload() == null && moved.entry(0).weight() > 88);
  }

  @Test
  void ids_are_text_that_names_the_place_and_nothing_else_is_accepted() {
    TaskRef ref = new TaskRef(new BlockId(65535, -1, Long.MIN_VALUE), 255);

    assertEquals(27, ref.id().text().length());
    assertEquals(ref, TaskRef.of(ref.id()).orElseThrow());
    assertTrue(TaskRef.of(io.dispatcher.task.TaskId.of("bAAAA")).isEmpty());
    assertTrue(
        TaskRef.of(io.dispatcher.task.TaskId.of("x" + ref.id().text().substring(1))).isEmpty());
  }
}
