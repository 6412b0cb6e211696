package io.dispatcher;

import io.dispatcher.balance.Balancers;
import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskRefused.Reason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Records admitted tasks: those that arrived while earlier writes were under way form a block, one
 * single-key write that waits for its backups. Nothing is acknowledged or handed out before its
 * answer is clean. Confined to the front's loop.
 */
final class Recorder {

  private static final int MAX_WRITES = 8;

  /** Beyond two writes under way, a further one is worth its cost only for this many tasks. */
  private static final int EAGER_WRITES = 2;

  private static final int WORTHWHILE = 160;

  /** Writes that wait for copies to come back, which may take a minute, and keep no others up. */
  private static final int MAX_ASIDE = 64;

  private static final long LONGEST_FORMING = 5_000_000_000L;

  /** What becomes of recorded tasks. */
  interface Sink {
    /** A block is on every replica. */
    void recorded(OwnedBlock block);

    /** A block is on every replica, and another front drives it already. */
    void recordedElsewhere(OwnedBlock block);

    /** The idempotency key names a task that exists, with the same content. */
    void exists(Submission submission, Block found);

    /** Another front is to record it. */
    void movedOn(Submission submission);

    /** Not accepted. */
    void refused(Submission submission, TaskRefused why);

    /** It may have been accepted, and nobody can tell any more. */
    void unknown(Submission submission, AcceptUnknown why);
  }

  private final Loop loop;
  private final Ledger ledger;
  private final LedgerWriter writer;
  private final Peer self;
  private final Sink sink;
  private final ArrayDeque<Submission> forming = new ArrayDeque<>();

  /** In the order of their writes: few at any time. */
  private final List<List<Submission>> unanswered = new ArrayList<>();

  private final Set<List<Submission>> aside = Collections.newSetFromMap(new IdentityHashMap<>());
  private int underWay;

  /** Records what is not recorded here; null as long as that is this one. */
  private @Nullable Consumer<Submission> heir;

  private @Nullable TaskOptions lastOptions;
  private @Nullable Profile lastProfile;

  Recorder(Loop loop, Ledger ledger, LedgerWriter writer, Peer self, Sink sink) {
    this.loop = loop;
    this.ledger = ledger;
    this.writer = writer;
    this.self = self;
    this.sink = sink;
  }

  void add(Submission submission) {
    forming.add(submission);
  }

  /** Tasks admitted and not yet recorded or under way. */
  boolean idle() {
    return forming.isEmpty() && underWay == 0;
  }

  /** Writes what has arrived, as far as writes may be under way. */
  void flush() {
    while (!forming.isEmpty()) {
      int active = underWay - aside.size();
      if (active >= MAX_WRITES || (active >= EAGER_WRITES && forming.size() < WORTHWHILE)) {
        return;
      }
      record(nextGroup());
    }
  }

  private List<Submission> nextGroup() {
    List<Submission> group = new ArrayList<>(Math.min(forming.size(), Block.MAX_TASKS));
    int bytes = 0;
    while (!forming.isEmpty() && group.size() < Block.MAX_TASKS) {
      Submission next = forming.peek();
      bytes += next.payload().length;
      if (!group.isEmpty() && (alone(next) || bytes > Block.MAX_BYTES)) {
        break;
      }
      group.add(forming.remove());
      if (alone(next)) {
        break;
      }
    }
    return group;
  }

  private static boolean alone(Submission submission) {
    return submission.options().idempotencyKey() != null
        || submission.options().notBefore() != null;
  }

  private void record(List<Submission> group) {
    underWay++;
    unanswered.add(group);
    Submission first = group.get(0);
    String idempotencyKey = first.options().idempotencyKey();
    BlockId id =
        idempotencyKey == null
            ? ledger.newBlockId()
            : IdempotencyKeys.block(ledger.realm(), idempotencyKey);
    long nonce = loop.random().nextLong();
    long write = writer.newWrite();
    long createdAt = loop.wallMillis();
    OwnedBlock owned = new OwnedBlock(id, nonce, 1, createdAt, group.size());
    owned.keyed = idempotencyKey != null;
    TaskEntry[] entries = new TaskEntry[group.size()];
    List<OwnedTask> large = new ArrayList<>(0);
    for (int i = 0; i < entries.length; i++) {
      Submission submission = group.get(i);
      OwnedTask task = task(owned, i, submission);
      owned.tasks[i] = task;
      Value payload;
      if (task.size > Value.INLINE_LIMIT) {
        task.storedPayload = true;
        large.add(task);
        payload = Value.stored(payloadId(task), task.size);
      } else {
        payload = Value.inline(submission.payload());
      }
      entries[i] = TaskEntry.accepted(task.profile, task.key, payload, write, task.history);
    }
    String hash = idempotencyKey == null ? null : IdempotencyKeys.contentHash(first);
    owned.contentHash = hash;
    Block block = Block.fresh(id, nonce, self, createdAt, hash, entries);
    if (large.isEmpty()) {
      create(group, owned, block, write);
      return;
    }
    int[] open = {large.size()};
    boolean[] gaveUp = {false};
    Runnable answered =
        () -> {
          if (--open[0] > 0) {
            return;
          }
          if (gaveUp[0]) {
            // Not before: a put still under way would land after its delete and stay for ever.
            dropPayloads(owned);
          } else {
            create(group, owned, block, write);
          }
        };
    for (OwnedTask task : large) {
      writer.putValue(
          payloadId(task),
          group.get(task.index).payload(),
          answered,
          () -> gaveUp[0] || outOfPatience(group),
          why -> {
            if (!gaveUp[0]) {
              gaveUp[0] = true;
              gaveUp(group, why);
            }
            answered.run();
          });
    }
  }

  /** Whether one of them waits no longer. */
  private boolean outOfPatience(List<Submission> group) {
    if (heir != null) {
      return true;
    }
    long now = loop.now();
    for (Submission submission : group) {
      if (now - submission.patienceUntil() >= 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Nothing was created, and the ledger only ever said that it could not be. Who can wait goes on
   * without those who cannot.
   */
  private void gaveUp(List<Submission> group, String why) {
    over(group);
    Consumer<Submission> next = heir;
    if (next != null) {
      group.forEach(submission -> moveOn(submission, next));
      return;
    }
    long now = loop.now();
    for (int i = group.size() - 1; i >= 0; i--) {
      Submission submission = group.get(i);
      if (now - submission.patienceUntil() < 0) {
        forming.addFirst(submission);
      }
    }
    for (Submission submission : group) {
      if (now - submission.patienceUntil() >= 0) {
        sink.refused(submission, noQuorum(submission, why));
      }
    }
    flush();
  }

  private void dropPayloads(OwnedBlock owned) {
    for (OwnedTask task : owned.tasks) {
      if (task.storedPayload) {
        writer.deleteUnused(payloadId(task));
      }
    }
  }

  private static TaskRefused noQuorum(Submission submission, String why) {
    return new TaskRefused(
        Reason.NO_QUORUM,
        "a task of type " + submission.type() + " was not accepted: " + why,
        Duration.ofSeconds(5));
  }

  /**
   * Refuses what has waited too long behind writes that have no answer; to be called now and then.
   */
  void expire() {
    long now = loop.now();
    Submission first = forming.peek();
    while (first != null
        && now - first.submittedAt() >= LONGEST_FORMING
        && now - first.patienceUntil() >= 0) {
      forming.remove();
      sink.refused(first, noQuorum(first, "earlier writes have no answer yet"));
      first = forming.peek();
    }
  }

  private OwnedTask task(OwnedBlock owned, int index, Submission submission) {
    TaskOptions options = submission.options();
    String key = options.key();
    OwnedTask task =
        new OwnedTask(
            owned,
            index,
            profile(submission),
            key,
            key == null ? 0 : Balancers.hash(key),
            submission.payload(),
            submission.payload().length,
            submission.submittedAt());
    task.handle = submission.handle();
    task.submitter = submission.submitter();
    TaskId retryOf = submission.retryOf();
    task.history = retryOf == null ? null : History.retryOf(retryOf);
    return task;
  }

  /** Tasks of one type mostly come with the same options: they share one profile. */
  @SuppressWarnings("ReferenceEquality") // they are resolved to one object
  private Profile profile(Submission submission) {
    Profile last = lastProfile;
    if (last != null
        && submission.options() == lastOptions
        && last.type().equals(submission.type())) {
      return last;
    }
    Profile profile = Intake.profile(submission.type(), submission.options());
    if (last != null && last.equals(profile)) {
      profile = last;
    }
    lastOptions = submission.options();
    lastProfile = profile;
    return profile;
  }

  static ValueId payloadId(OwnedTask task) {
    return new ValueId(task.block.id, task.index, task.block.nonce, 0, 0);
  }

  private void create(List<Submission> group, OwnedBlock owned, Block block, long write) {
    writer.create(
        new Change.Create(write, block),
        new LedgerWriter.Creation() {
          @Override
          public void answered(Answer answer, boolean repeated) {
            over(group);
            owned.mayComeAgain = repeated;
            Recorder.this.answered(group, owned, answer);
            flush();
          }

          @Override
          public boolean givesUp() {
            return outOfPatience(group);
          }

          @Override
          public void gaveUp(String why) {
            dropPayloads(owned);
            Recorder.this.gaveUp(group, why);
          }

          @Override
          public void missing() {
            if (aside.size() < MAX_ASIDE && aside.add(group)) {
              flush();
            }
          }

          @Override
          public void unknown() {
            ask(group, owned);
          }
        });
  }

  /** Whoever has taken it over still has it, or nobody can tell any more whether there was one. */
  private void ask(List<Submission> group, OwnedBlock owned) {
    writer.read(
        owned.id,
        answer -> {
          over(group);
          Block found = answer.block();
          if (found != null && found.nonce() == owned.nonce) {
            sink.recordedElsewhere(owned);
          } else {
            group.forEach(submission -> sink.unknown(submission, unknown(submission, null)));
          }
        },
        reply -> true);
  }

  private static AcceptUnknown unknown(Submission submission, @Nullable Throwable cause) {
    return new AcceptUnknown(
        "a task of type "
            + submission.type()
            + " may have been accepted; repeat it with the same idempotency key",
        submission.options().idempotencyKey(),
        cause);
  }

  @SuppressWarnings("ReferenceEquality") // comparing what is in them costs more and tells the same
  private void over(List<Submission> group) {
    underWay--;
    unanswered.removeIf(each -> each == group);
    aside.remove(group);
  }

  private void answered(List<Submission> group, OwnedBlock owned, Answer answer) {
    if (answer.status() != Answer.Status.RECORDED) {
      dropPayloads(owned);
    }
    switch (answer.status()) {
      case RECORDED -> {
        if (self.equals(answer.owner()) && answer.ownerEpoch() == owned.epoch) {
          sink.recorded(owned);
        } else {
          // It took so long that somebody has taken it over.
          sink.recordedElsewhere(owned);
        }
      }
      case EXISTS -> {
        Block found = answer.block();
        if (found != null) {
          sink.exists(group.get(0), found);
        }
      }
      default ->
          sink.refused(
              group.get(0),
              new TaskRefused(
                  Reason.CONFLICT,
                  "the idempotency key of a task of type "
                      + group.get(0).type()
                      + " was used before for another content; use a new key",
                  null));
    }
  }

  /**
   * What was not written yet goes there. A write under way goes on, and the {@link Sink} hears of
   * it: nobody knows whether it has happened.
   */
  void handOver(Consumer<Submission> heir) {
    this.heir = heir;
    List<Submission> all = List.copyOf(forming);
    forming.clear();
    all.forEach(submission -> moveOn(submission, heir));
  }

  private void moveOn(Submission submission, Consumer<Submission> to) {
    sink.movedOn(submission);
    to.accept(submission);
  }

  /** Tells the handles of what was not written yet; what was may have been accepted. */
  void abandon(DispatcherException closed, Callbacks callbacks) {
    for (Submission submission : forming) {
      callbacks.add(() -> submission.handle().refuse(closed));
    }
    forming.clear();
    for (Submission submission : unanswered.stream().flatMap(List::stream).toList()) {
      callbacks.add(() -> submission.handle().refuse(unknown(submission, closed)));
    }
    unanswered.clear();
  }
}
