package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Codec;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the ledger is told of starts, whatever becomes of them meanwhile. */
class WriteAheadTest {

  private static final TaskType<String, String> WORK =
      TaskType.of("work", Codec.text(), Codec.text());
  private static final Profile PROFILE = Intake.profile("work", TaskOptions.DEFAULTS);
  private static final Peer OWNER = new Peer("a", 1);

  private final SteppedLoop loop = new SteppedLoop();
  private final HeldCalls ledger = new HeldCalls();
  private final LedgerWriter writer = new LedgerWriter(loop, ledger, new Meters());
  private final List<Runnable> running = new ArrayList<>();
  private final Pool pool = new Pool("default", 1, running::add);
  private final List<Start> stale = new ArrayList<>();
  private Peer self = new Peer("w", 1);
  private final WriteAhead writeAhead = new WriteAhead(loop, writer, () -> self, stale::add);

  private Start added() {
    Delivery delivery =
        new Delivery(new BlockId(1, 2, 3), 4, 1, 0, 5, 0, 1, PROFILE, null, new byte[0], 0);
    Registration<?, ?> registration =
        new Registration<>(
            WORK, (words, context) -> words, null, HandlerOptions.DEFAULT, pool, new ShortestRun());
    // It is handed to the pool, whose threads never come to it.
    Start start = new Start(delivery, OWNER, registration, null, loop);
    writeAhead.add(start);
    return start;
  }

  private void answer(boolean recorded) {
    TaskEntry entry = TaskEntry.accepted(PROFILE, null, Value.inline(new byte[0]), 1, null);
    Answer.Item item = new Answer.Item(recorded, entry);
    ledger.answer(
        new Reply.Clean(new Answer(Answer.Status.RECORDED, OWNER, 1, List.of(item), null)));
  }

  private void stop(Start start) {
    start.stop(null);
    writeAhead.released(start);
  }

  @Test
  void starts_only_what_is_recorded() {
    Start start = added();
    assertEquals(List.of("begin"), ledger.names());
    assertEquals(List.of(), running);
    answer(true);

    assertEquals(1, running.size());
    assertTrue(writeAhead.answered());
    start.settling = true;
    writeAhead.released(start);
    assertEquals(List.of(), ledger.names(), "it has an end");
  }

  @Test
  void what_the_ledger_refuses_is_told_and_gives_its_slot_back() {
    Start start = added();
    answer(false);

    assertEquals(List.of(start), stale);
    assertEquals(0, pool.busy());
    writeAhead.released(start);
    assertEquals(List.of(), ledger.names());
    assertTrue(writeAhead.answered());
  }

  @Test
  void what_is_stopped_while_it_is_written_ahead_is_withdrawn_after_that() {
    Start start = added();
    stop(start);
    assertEquals(List.of("begin"), ledger.names());
    assertFalse(writeAhead.answered());
    answer(true);

    assertEquals(List.of("withdraw"), ledger.names());
    assertEquals(0, pool.busy());
    assertEquals(List.of(), running);
    assertFalse(writeAhead.answered());
    answer(true);
    assertTrue(writeAhead.answered());
  }

  @Test
  void what_began_is_withdrawn_by_the_peer_that_began_it() {
    Peer before = self;
    Start start = added();
    answer(true);
    self = new Peer("w", 2);
    stop(start);

    assertEquals(List.of("withdraw"), ledger.names());
    Change.Withdraw withdraw = assertInstanceOf(Change.Withdraw.class, ledger.change());
    assertEquals(before, withdraw.worker());
    assertEquals(List.of(new Change.Item(0, 5)), withdraw.items());
  }
}
