package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Reply;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
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

  private final Steps loop = new Steps();
  private final Calls ledger = new Calls();
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

    Block taken = ledger.created;
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
    assertEquals(List.of("put", "put"), ledger.names());

    ledger.answer(NONE);
    assertEquals(List.of("refused 0", "refused 0"), seen);
    assertEquals(List.of("put"), ledger.names());

    ledger.answer(DONE);
    assertEquals(List.of("delete", "delete"), ledger.names());
  }

  /** Runs nothing by itself. */
  private static final class Steps implements Loop {
    private record Due(long at, Runnable turn) {}

    private final List<Due> timers = new ArrayList<>();
    private final RandomGenerator random = new Random(3);
    private long now;

    void pass(long nanos) {
      now += nanos;
      List<Due> due =
          timers.stream()
              .filter(each -> each.at <= now)
              .sorted(Comparator.comparingLong(Due::at))
              .toList();
      timers.removeAll(due);
      due.forEach(each -> each.turn.run());
    }

    @Override
    public void execute(Runnable turn) {
      turn.run();
    }

    @Override
    public Timer after(long nanos, Runnable turn) {
      Due due = new Due(now + nanos, turn);
      timers.add(due);
      return () -> timers.remove(due);
    }

    @Override
    public long now() {
      return now;
    }

    @Override
    public long wallMillis() {
      return now / 1_000_000;
    }

    @Override
    public RandomGenerator random() {
      return random;
    }
  }

  /** Keeps every call until the test answers it. */
  private static final class Calls implements Ledger {
    private record Call(String name, Consumer<Reply> then) {}

    private final List<Call> open = new ArrayList<>();
    private int blocks;
    private @Nullable Block created;

    List<String> names() {
      return open.stream().map(Call::name).toList();
    }

    /** The oldest call. */
    void answer(Reply reply) {
      open.remove(0).then.accept(reply);
    }

    @Override
    public BlockId newBlockId() {
      return new BlockId(1, 2, ++blocks);
    }

    @Override
    public long realm() {
      return 1;
    }

    @Override
    public void write(BlockId id, Change change, Executor executor, Consumer<Reply> then) {
      if (change instanceof Change.Create create) {
        created = create.block();
      }
      open.add(new Call(change instanceof Change.Create ? "create" : "confirm", then));
    }

    @Override
    public void putValue(ValueId id, byte[] bytes, Executor executor, Consumer<Reply> then) {
      open.add(new Call("put", then));
    }

    @Override
    public void deleteValue(ValueId id, Executor executor, Consumer<Reply> then) {
      open.add(new Call("delete", then));
    }

    @Override
    public void getValue(ValueId id, Executor executor, Consumer<byte @Nullable []> then) {
      throw new IllegalStateException("not asked for");
    }

    @Override
    public void orphans(Set<Peer> live, int most, Executor executor, Consumer<List<Orphan>> then) {
      throw new IllegalStateException("not asked for");
    }

    @Override
    public int parts() {
      return 1;
    }

    @Override
    public void names(
        int part,
        java.util.concurrent.Executor executor,
        java.util.function.Consumer<java.util.@Nullable List<BlockId>> then) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Usage usage() {
      return Usage.NONE;
    }
  }
}
