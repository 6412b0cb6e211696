package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What becomes of submits while the ledger cannot be written. */
class RecorderTest {

  private static final TaskType<String, String> WORK =
      TaskType.of("work", Codec.text(), Codec.text());
  private static final long SECOND = 1_000_000_000L;
  private static final int MAX_ASIDE = 64;
  private static final Reply NONE = new Reply.Unavailable("store 1 of 3: waiting for 1 more");
  private static final Peer SELF = new Peer("a", 1);
  private static final Reply DONE =
      new Reply.Clean(new Answer(Answer.Status.RECORDED, SELF, 1, List.of(), null));

  private final SteppedLoop loop = new SteppedLoop();
  private final HeldCalls ledger = new HeldCalls();
  private final List<String> seen = new ArrayList<>();
  private final LedgerWriter writer = new LedgerWriter(loop, ledger, new Meters());
  private final Recorder recorder =
      new Recorder(
          loop,
          ledger,
          writer,
          SELF,
          new Recorder.Sink() {
            @Override
            public void recorded(OwnedBlock block) {
              seen.add("recorded " + block.tasks.length);
            }

            @Override
            public void exists(Submission submission, Block found) {
              seen.add("exists");
            }

            @Override
            public void recordedElsewhere(OwnedBlock block) {
              seen.add("elsewhere " + block.tasks.length);
            }

            @Override
            public void movedOn(Submission submission) {
              seen.add("moved on");
            }

            @Override
            public void refused(Submission submission, TaskRefused why) {
              seen.add("refused " + submission.patienceUntil() / SECOND);
            }

            @Override
            public void unknown(Submission submission, AcceptUnknown why) {
              seen.add("unknown");
            }
          });

  private void add(int bytes, int patienceSeconds) {
    add(bytes, patienceSeconds, TaskOptions.DEFAULTS);
  }

  private void add(int bytes, int patienceSeconds, TaskOptions options) {
    recorder.add(
        new Submission(
            new Handle<>(WORK, handle -> CompletableFuture.completedStage(false)),
            "work",
            new byte[bytes],
            options,
            null,
            0,
            patienceSeconds * SECOND,
            null));
  }

  @Test
  void each_submit_waits_as_long_as_it_said_whoever_it_shares_a_block_with() {
    add(10, 0);
    add(10, 5);
    recorder.flush();

    ledger.answer(NONE);
    assertEquals(List.of("refused 0"), seen);
    ledger.answer(NONE);
    loop.pass(SECOND);
    ledger.answer(DONE);
    assertEquals(List.of("refused 0", "recorded 1"), seen);
  }

  @Test
  void the_first_ones_patience_is_not_the_others() {
    add(10, 5);
    add(10, 0);
    recorder.flush();

    ledger.answer(NONE);
    assertEquals(List.of("refused 0"), seen);
  }

  @Test
  void names_that_wait_for_copies_keep_no_others_up() {
    for (int i = 0; i < MAX_ASIDE; i++) {
      addNamed("key " + i);
      assertEquals(1, ledger.names().size());
      ledger.answer(new Reply.Missing());
    }
    // No more than so many.
    addNamed("one too many");
    addNamed("two too many");
    addNamed("three too many");
    assertEquals(2, ledger.names().size());
    ledger.answer(new Reply.Missing());
    ledger.answer(new Reply.Missing());
    assertEquals(0, ledger.names().size());

    loop.pass(SECOND);
    assertEquals(MAX_ASIDE + 2, ledger.names().size());
    for (int i = 0; i < MAX_ASIDE + 2; i++) {
      ledger.answer(DONE);
    }
    assertEquals(MAX_ASIDE + 2, seen.size());
    assertFalse(recorder.idle());
    ledger.answer(DONE);
    assertTrue(recorder.idle());

    // And the places are free again, no fewer and no more.
    for (int i = 0; i < 5; i++) {
      addNamed("later " + i);
    }
    assertEquals(2, ledger.names().size());
  }

  /** It has reached the ledger: a refusal could turn out to be untrue. */
  @Test
  void who_waits_for_copies_is_not_refused() {
    add(10, 1, TaskOptions.DEFAULTS.idempotencyKey("key"));
    recorder.flush();
    ledger.answer(new Reply.Missing());
    loop.pass(2 * SECOND);
    ledger.answer(NONE);
    loop.pass(2 * SECOND);
    assertEquals(List.of(), seen);

    ledger.answer(DONE);
    assertEquals(List.of("recorded 1"), seen);
    assertTrue(recorder.idle());
  }

  /** Its heir may have forgotten the task by then: created once more it would run once more. */
  @Test
  void a_peer_that_is_no_more_creates_nothing_long_after_its_first_try() {
    add(10, 0);
    cutOffAfterOneTry();
    assertEquals(List.of("create"), ledger.names());

    backAgain();
    ledger.answer(new Reply.Clean(new Answer(Answer.Status.GONE, null, 0, List.of(), null)));
    assertEquals(List.of("unknown"), seen);
    assertTrue(recorder.idle());
  }

  @Test
  void what_its_heir_still_has_was_accepted() {
    add(10, 0);
    cutOffAfterOneTry();
    backAgain();

    Block taken = ledger.created();
    ledger.answer(
        new Reply.Clean(new Answer(Answer.Status.RECORDED, new Peer("b", 1), 2, List.of(), taken)));
    assertEquals(List.of("elsewhere 1"), seen);
    assertTrue(recorder.idle());
  }

  private void cutOffAfterOneTry() {
    recorder.flush();
    ledger.answer(new Reply.Unclean("too few copies"));
    writer.retire();
    loop.pass(89 * SECOND);
  }

  private void backAgain() {
    ledger.answer(NONE);
    loop.pass(2 * SECOND);
    assertEquals(List.of("confirm"), ledger.names());
  }

  private void addNamed(String key) {
    add(10, 60, TaskOptions.DEFAULTS.idempotencyKey(key));
    recorder.flush();
  }

  @Test
  void a_value_still_under_way_when_the_submit_is_given_up_is_deleted_after_it_came() {
    add(8_000, 0);
    add(8_000, 0);
    recorder.flush();
    assertEquals(List.of("put value", "put value"), ledger.names());

    ledger.answer(NONE);
    assertEquals(List.of("refused 0", "refused 0"), seen);
    assertEquals(List.of("put value"), ledger.names());

    ledger.answer(DONE);
    assertEquals(List.of("delete value", "delete value"), ledger.names());
  }
}
