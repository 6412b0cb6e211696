package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.task.TaskOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which outcomes make room. */
class RetentionTest {

  private static final int BUDGET = 1_000;
  private static final long SECOND = 1_000_000_000L;
  private static final Peer SELF = new Peer("a", 1);
  private static final Reply DONE =
      new Reply.Clean(new Answer(Answer.Status.RECORDED, SELF, 1, List.of(), null));

  private final SteppedLoop loop = new SteppedLoop();
  private final HeldCalls ledger = new HeldCalls();
  private final Retention retention =
      new Retention(
          loop, new LedgerWriter(loop, ledger, new Meters()), SELF, BUDGET, disowned -> {});

  @Test
  void one_that_may_come_again_keeps_no_other_from_making_room() {
    fetched(true, 600);
    OwnedBlock keyed = block(false, 600);
    keyed.keyed = true;
    retention.complete(keyed);

    assertEquals(List.of("delete"), ledger.names());
    ledger.answer(DONE);
    assertEquals(600, retention.weight());
  }

  @Test
  void one_that_may_come_again_makes_no_room_before_it_cannot() {
    fetched(true, 1_200);
    assertEquals(List.of(), ledger.names());
    assertTrue(retention.full());

    loop.pass(19 * SECOND);
    assertEquals(List.of(), ledger.names());
    loop.pass(SECOND);
    assertEquals(List.of("delete"), ledger.names());
    assertFalse(retention.full());
  }

  @Test
  void one_that_may_come_again_goes_after_its_retention_if_that_is_longer() {
    fetched(false, 300);
    OwnedBlock kept = block(true, 300);
    kept.tasks[0].fetched = false;
    retention.complete(kept);

    loop.pass(21 * SECOND);
    assertEquals(List.of("delete"), ledger.names());
    ledger.answer(DONE);
    loop.pass(TaskOptions.DEFAULTS.retention().toNanos());
    assertEquals(List.of("delete"), ledger.names());
  }

  @Test
  void what_makes_room_but_does_not_get_on_lets_only_so_much_in() {
    fetched(false, 1_200);
    assertEquals(List.of("delete"), ledger.names());
    assertFalse(retention.full());

    fetched(false, 51);
    assertTrue(retention.full());
    ledger.answer(DONE);
    assertFalse(retention.full());
  }

  private void fetched(boolean mayComeAgain, int bytes) {
    retention.complete(block(mayComeAgain, bytes));
  }

  private OwnedBlock block(boolean mayComeAgain, int bytes) {
    OwnedBlock block = new OwnedBlock(ledger.newBlockId(), 1, 1, 0, 1);
    block.mayComeAgain = mayComeAgain;
    OwnedTask task =
        new OwnedTask(
            block, 0, Intake.profile("work", TaskOptions.DEFAULTS), null, 0, new byte[1], 1, 0);
    task.fetched = true;
    block.tasks[0] = task;
    retention.add(block, bytes);
    return block;
  }
}
