package io.dispatcher.ledger;

import static io.dispatcher.ledger.Blocks.NONCE;
import static io.dispatcher.ledger.Blocks.OWNER;
import static io.dispatcher.ledger.Blocks.THIRD;
import static io.dispatcher.ledger.Blocks.apply;
import static io.dispatcher.ledger.Blocks.created;
import static io.dispatcher.ledger.Blocks.failure;
import static io.dispatcher.ledger.Blocks.recorded;
import static io.dispatcher.ledger.Blocks.save;
import static io.dispatcher.ledger.Blocks.saveLarge;
import static io.dispatcher.ledger.Blocks.success;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Change.Cause;
import io.dispatcher.ledger.Change.Item;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskState;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the budgets of deaths and lapses, and of what is kept of earlier attempts. */
class HistoryTest {

  private long writes = 100;

  private Block raise(Block block, Cause cause, String node) {
    TaskEntry entry = block.entry(0);
    Transition raised =
        apply(
            block,
            new Change.Reissue(
                ++writes, OWNER, 1, List.of(new Item(0, entry.attempt(), 5)), cause, node, 10));
    assertTrue(recorded(raised));
    return raised.next();
  }

  private Block begin(Block block, Peer worker) {
    return apply(block, begin(worker, NONCE, block.entry(0).attempt())).next();
  }

  private Change.Begin begin(Peer worker, long nonce, int attempt) {
    return new Change.Begin(++writes, nonce, worker, 7, List.of(new Item(0, attempt)));
  }

  @Test
  void what_met_no_trouble_keeps_no_history() {
    assertNull(created().entry(0).history());
    assertNull(apply(created(), success(2, 0, 1)).next().entry(0).history());
    assertNull(apply(created(), failure(2, 0, 1, 0)).next().entry(0).history());
    assertNull(raise(created(), Cause.RETURNED, "b").entry(0).history());
  }

  /** It counts against no budget, and what was not started leaves nothing. */
  @Test
  void an_attempt_that_a_leaving_node_had_started_is_kept() {
    TaskEntry entry = raise(created(), Cause.LEFT, "b").entry(0);

    assertEquals(
        List.of(
            new PastAttempt(
                1,
                "b",
                Instant.ofEpochMilli(5),
                Instant.ofEpochMilli(10),
                PastAttempt.Cause.NODE_LEFT,
                "")),
        entry.history().attempts());
    assertEquals(0, entry.deaths() + entry.lapses() + entry.failures());
    Block noted = raise(begin(raise(created(), Cause.DEATH, "b"), THIRD), Cause.LEFT, "c");
    assertEquals(1, noted.entry(0).deaths());
    assertNull(noted.entry(0).history().starter());
    assertEquals(2, raise(noted, Cause.RETURNED, "b").entry(0).history().attempts().size());
  }

  @Test
  void the_first_death_counts_whatever_was_written() {
    assertEquals(1, raise(created(), Cause.DEATH, "b").entry(0).deaths());
    assertEquals(1, raise(created(), Cause.ADOPTED, "a").entry(0).deaths());
  }

  @Test
  void later_deaths_count_only_where_the_start_was_written_ahead() {
    Block noted = raise(created(), Cause.DEATH, "b");

    assertEquals(1, raise(noted, Cause.DEATH, "c").entry(0).deaths());
    assertEquals(1, raise(noted, Cause.ADOPTED, "a").entry(0).deaths());
    assertEquals(2, raise(begin(noted, THIRD), Cause.DEATH, "c").entry(0).deaths());
  }

  @Test
  void the_third_death_sets_it_aside_with_a_failure_that_says_so() {
    Block block = raise(created(), Cause.DEATH, "b");
    block = raise(begin(block, THIRD), Cause.DEATH, "c");
    assertTrue(block.entry(0).history().suspect());

    TaskEntry entry = raise(begin(block, new Peer("d", 4)), Cause.DEATH, "d").entry(0);

    assertEquals(TaskState.FAILED, entry.state());
    assertEquals(TaskEntry.POISON, entry.failure().type());
    assertEquals("d", entry.failure().node());
    assertTrue(entry.failure().message().contains("(b, c, d)"), entry.failure().message());
    assertNotNull(entry.payload(), "a failed task keeps its payload until it has moved");
  }

  @Test
  void a_node_on_which_it_only_waited_is_not_said_to_have_died_of_it() {
    Block block = raise(created(), Cause.DEATH, "b");
    block = raise(block, Cause.DEATH, "waited");
    PastAttempt waited = block.entry(0).history().attempts().get(1);
    assertNull(waited.startedAt());
    assertEquals("it was not running there", waited.note());
    block = raise(begin(block, THIRD), Cause.DEATH, "c");

    TaskEntry entry = raise(begin(block, new Peer("d", 4)), Cause.DEATH, "d").entry(0);

    assertTrue(entry.failure().message().contains("(b, c, d)"), entry.failure().message());
  }

  @Test
  void a_newer_checkpoint_clears_it_the_same_one_does_not() {
    Block suspect = raise(begin(raise(created(), Cause.DEATH, "b"), THIRD), Cause.DEATH, "c");
    int attempt = suspect.entry(0).attempt();

    Block saved = apply(suspect, save(50, 0, attempt, 1)).next();
    assertEquals(0, saved.entry(0).deaths());

    Block again = raise(saved, Cause.DEATH, "d");
    assertEquals(1, again.entry(0).deaths());
    Block same =
        apply(again, new Change.Save(51, NONCE, 0, attempt + 1, 1, again.entry(0).checkpoint()))
            .next();
    assertEquals(1, same.entry(0).deaths());
  }

  @Test
  void of_checkpoints_beside_the_block_the_name_tells_whether_it_is_a_newer_one() {
    Block again = raise(apply(created(), saveLarge(50, 0, 1, 1)).next(), Cause.DEATH, "b");
    Value before = again.entry(0).checkpoint();
    Block same = apply(again, new Change.Save(51, NONCE, 0, 2, 1, before)).next();
    assertEquals(1, same.entry(0).deaths());
    assertEquals(1, same.entry(0).saves());

    assertEquals(0, apply(same, saveLarge(52, 0, 2, 2)).next().entry(0).deaths());
    assertEquals(0, apply(same, save(53, 0, 2, 2)).next().entry(0).deaths());
  }

  @Test
  void ten_lapsed_leases_set_it_aside() {
    Block block = created();
    for (int i = 0; i < 9; i++) {
      block = raise(block, Cause.LAPSE, "w" + i);
      assertFalse(block.entry(0).isFinal());
    }
    assertEquals(0, block.entry(0).deaths());

    TaskEntry entry = raise(block, Cause.LAPSE, "w9").entry(0);

    assertEquals(TaskState.FAILED, entry.state());
    assertEquals(TaskEntry.LAPSES, entry.failure().type());
  }

  @Test
  void the_three_budgets_are_counted_apart() {
    Block block = raise(created(), Cause.DEATH, "b");
    block = raise(block, Cause.LAPSE, "c");
    block = apply(block, failure(60, 0, 3, 1)).next();

    TaskEntry entry = block.entry(0);
    assertEquals(1, entry.deaths());
    assertEquals(1, entry.lapses());
    assertEquals(1, entry.failures());
  }

  @Test
  void what_an_heir_finds_before_its_time_was_not_started() {
    Block waiting = apply(created(), failure(2, 0, 1, 1_000)).next();

    Block heirs = raise(waiting, Cause.ADOPTED, "a");

    assertEquals(0, heirs.entry(0).deaths());
    assertEquals(1, heirs.entry(0).history().attempts().size());
  }

  @Test
  void each_end_of_an_attempt_is_kept_up_to_ten() {
    Block block = raise(created(), Cause.DEATH, "b");
    block = apply(block, failure(61, 0, 2, 1)).next();
    block = raise(block, Cause.LAPSE, "c");
    Change.Settlement won =
        new Change.Settlement(
            0, 4, Value.inline(new byte[1]), null, false, 0, new Change.Run("d", 20, 30));
    TaskEntry entry = apply(block, new Change.Settle(62, NONCE, List.of(won))).next().entry(0);

    List<PastAttempt> all = entry.history().attempts();
    assertEquals(
        new PastAttempt(
            1,
            "b",
            Instant.ofEpochMilli(5),
            Instant.ofEpochMilli(10),
            PastAttempt.Cause.NODE_DIED,
            ""),
        all.get(0));
    assertEquals(PastAttempt.Cause.FAILED, all.get(1).cause());
    assertEquals("E: no", all.get(1).note());
    assertEquals(PastAttempt.Cause.LEASE_LAPSED, all.get(2).cause());
    assertEquals(
        new PastAttempt(
            4,
            "d",
            Instant.ofEpochMilli(20),
            Instant.ofEpochMilli(30),
            PastAttempt.Cause.SUCCEEDED,
            ""),
        all.get(3));

    for (int i = 0; i < 9; i++) {
      block = raise(apply(block, save(70 + i, 0, 4 + i, 1 + i)).next(), Cause.LAPSE, "w");
    }
    assertEquals(10, block.entry(0).history().attempts().size());
    assertEquals(12, block.entry(0).history().attempts().get(9).attempt());
  }

  @Test
  void a_begin_is_fenced_and_its_repeat_is_recorded() {
    Block noted = raise(created(), Cause.DEATH, "b");

    assertFalse(recorded(apply(noted, begin(THIRD, NONCE, 1))));
    assertFalse(recorded(apply(noted, begin(THIRD, NONCE + 1, 2))));
    Change.Begin begin = begin(THIRD, NONCE, 2);
    Transition begun = apply(noted, begin);
    assertEquals(THIRD, begun.next().entry(0).history().worker());
    Transition repeat = apply(begun.next(), begin);
    assertTrue(recorded(repeat));
    assertInstanceOf(Delta.Whole.class, repeat.delta());
    assertEquals(
        noted.entry(0).lastWrite(),
        begun.next().entry(0).lastWrite(),
        "the repeat of the owner's write must find itself");
  }

  @Test
  void a_withdrawn_start_counts_for_nothing() {
    Block noted = raise(created(), Cause.DEATH, "b");
    Block begun = apply(noted, begin(THIRD, NONCE, 2)).next();

    for (Change.Withdraw other :
        List.of(
            new Change.Withdraw(60, NONCE + 1, THIRD, List.of(new Item(0, 2))),
            new Change.Withdraw(61, NONCE, OWNER, List.of(new Item(0, 2))),
            new Change.Withdraw(62, NONCE, THIRD, List.of(new Item(0, 1))))) {
      assertSame(begun, apply(begun, other).next(), other::toString);
    }
    Change.Withdraw withdraw = new Change.Withdraw(63, NONCE, THIRD, List.of(new Item(0, 2)));
    Block withdrawn = apply(begun, withdraw).next();
    assertSame(withdrawn, apply(withdrawn, begin(THIRD, NONCE, 2)).next(), "it arrives once more");
    assertEquals(2, raise(begun, Cause.DEATH, "c").entry(0).deaths());
    assertEquals(1, raise(withdrawn, Cause.DEATH, "c").entry(0).deaths());
    assertEquals(1, raise(withdrawn, Cause.ADOPTED, "a").entry(0).history().attempts().size());
    Block saved = apply(begun, save(64, 0, 2, 1)).next();
    Block both = apply(saved, withdraw).next();
    assertEquals(0, raise(both, Cause.DEATH, "c").entry(0).deaths());
    assertEquals(0, raise(both, Cause.ADOPTED, "a").entry(0).deaths());
    assertEquals(1, raise(saved, Cause.DEATH, "c").entry(0).deaths());
    Transition repeat = apply(withdrawn, withdraw);
    assertSame(withdrawn, repeat.next());
    assertTrue(recorded(repeat));
  }

  @Test
  void a_marked_task_is_cancelled_instead_of_started_again() {
    Block marked = apply(created(), new Change.Mark(80, 0)).next();
    assertFalse(marked.entry(0).isFinal());

    assertEquals(TaskState.CANCELLED, raise(marked, Cause.DEATH, "b").entry(0).state());
    assertEquals(TaskState.CANCELLED, apply(marked, failure(81, 0, 1, 1)).next().entry(0).state());
    assertEquals(TaskState.SUCCEEDED, apply(marked, success(82, 0, 1)).next().entry(0).state());
    Block over = apply(created(), success(83, 0, 1)).next();
    assertFalse(recorded(apply(over, new Change.Mark(84, 0))));
  }

  @Test
  void a_failed_task_keeps_its_payload_until_it_has_moved() throws Exception {
    Block block = created();
    Transition failed = apply(block, failure(90, 0, 1, 0));
    assertNotNull(failed.next().entry(0).payload());
    assertNotNull(failed.delta().applyTo(block).entry(0).payload());

    Transition moved = apply(failed.next(), new Change.Moved(91, OWNER, 1, List.of(0)));

    assertNull(moved.next().entry(0).payload());
    assertNull(moved.delta().applyTo(failed.next()).entry(0).payload());
    assertEquals(
        Answer.Status.FENCED,
        apply(failed.next(), new Change.Moved(92, THIRD, 1, List.of(0))).answer().status());
  }
}
