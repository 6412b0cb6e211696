package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskRefused.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Takes tasks in: within the bounds at once, over them after a wait for room of at most their
 * {@code admission}, else not at all. {@link #submit} is for any thread; all else is confined to
 * the front's loop.
 *
 * <p>This is also the place where a task that belongs to another front will be sent on before it is
 * recorded: nothing has been promised to the caller yet.
 */
final class Intake {

  /** Refusals that the loop has not passed on to the listener. */
  private static final int MAX_UNTOLD = 1024;

  private static final long TICK = 50_000_000L;

  /** About the year 36,800: what is later counts as this. */
  private static final long FAR_FUTURE_SECONDS = 1L << 40;

  private static final double MAX_STORE_FILL = 1.0;

  /** So many leave the count of those that wait together: each time costs who submits too. */
  private static final int LEAVE_TOGETHER = 64;

  /** And no larger part of what may wait: it is missing to those who come meanwhile. */
  private static final int LEAVE_PARTS = 64;

  /** The most names in a refusal. */
  private static final int NAMES_SHOWN = 50;

  /** What admission depends on. */
  interface Room {
    /** Whether some node can run the type. */
    boolean known(String type);

    /** The types that exist, for a refusal. */
    Set<String> knownTypes();

    /** Accepted tasks without an outcome. */
    int unfinished();

    /** Their payload bytes. */
    long unfinishedBytes();

    /** Weight of kept outcomes beyond which nothing can be dropped. */
    boolean outcomesFull();

    /** How full the fullest store node is, 0 to 1 and more. */
    double storeFill();

    /** Outcomes per second, smoothed. */
    double drainRate();

    /** The task counts from now on. */
    void admitted(Submission submission);
  }

  private final Loop loop;
  private final Limits limits;
  private final Room room;
  private final Callbacks callbacks;
  private final Meters meters;
  private final Consumer<Submission> admitted;
  private final Runnable turnOver;
  private final ConcurrentLinkedQueue<Submission> inbox = new ConcurrentLinkedQueue<>();

  /** Of which the listener has not heard. */
  private record Untold(String type, TaskRefused refusal) {}

  private final AtomicBoolean posted = new AtomicBoolean();
  private final ConcurrentLinkedQueue<Untold> untold = new ConcurrentLinkedQueue<>();
  private final AtomicInteger untoldCount = new AtomicInteger();
  private final AtomicInteger queued = new AtomicInteger();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final ArrayDeque<Submission> forRoom = new ArrayDeque<>();
  private final ArrayDeque<Submission> forType = new ArrayDeque<>();
  private volatile boolean closed;

  /** Takes what comes here from now on; null if nobody does. */
  private volatile @Nullable Intake heir;

  private volatile String closedBecause = "this dispatcher is closed; submit it elsewhere";
  private volatile double lastDrainRate;
  private boolean ticking;

  // Of what is counted as queued still.
  private int gone;
  private long goneBytes;

  Intake(
      Loop loop,
      Limits limits,
      Room room,
      Callbacks callbacks,
      Meters meters,
      Consumer<Submission> admitted,
      Runnable turnOver) {
    this.loop = loop;
    this.limits = limits;
    this.room = room;
    this.callbacks = callbacks;
    this.meters = meters;
    this.admitted = admitted;
    this.turnOver = turnOver;
  }

  /**
   * Hands a task to the loop. Never blocks.
   *
   * @return null, or why it is refused at once
   */
  @Nullable RuntimeException submit(Submission submission) {
    if (closed) {
      return refused(submission);
    }
    meters.submitted.increment();
    int tasks = queued.incrementAndGet();
    long bytes = queuedBytes.addAndGet(submission.payload().length);
    if (tasks > limits.waiting() || bytes > limits.waitingBytes()) {
      left(submission);
      meters.refused(Reason.OVERLOADED);
      TaskRefused refusal =
          overloaded(
              submission, (tasks - 1) + " submits are waiting for room already", lastDrainRate);
      tell(submission.type(), refusal);
      return refusal;
    }
    inbox.add(submission);
    if (closed && inbox.remove(submission)) {
      left(submission);
      return refused(submission);
    }
    post();
    return null;
  }

  private void post() {
    if (!posted.get() && posted.compareAndSet(false, true)) {
      loop.execute(this::drain);
    }
  }

  /** Of a refusal that has not seen the loop. On any thread. */
  private void tell(String type, TaskRefused refusal) {
    if (!callbacks.heard()) {
      return;
    }
    if (untoldCount.incrementAndGet() > MAX_UNTOLD) {
      untoldCount.decrementAndGet();
      return;
    }
    untold.add(new Untold(type, refusal));
    post();
  }

  private @Nullable RuntimeException refused(Submission submission) {
    Intake next = heir;
    return next == null ? closed(submission) : next.submit(submission);
  }

  private void left(Submission submission) {
    queued.decrementAndGet();
    queuedBytes.addAndGet(-submission.payload().length);
  }

  private void drain() {
    posted.set(false);
    lastDrainRate = room.drainRate();
    for (Untold next = untold.poll(); next != null; next = untold.poll()) {
      untoldCount.decrementAndGet();
      Untold told = next;
      callbacks.tell(l -> l.refused(told.type(), told.refusal()));
    }
    for (Submission next = inbox.poll(); next != null; next = inbox.poll()) {
      arrive(next);
    }
    uncount();
    turnOver.run();
  }

  private void goes(Submission submission) {
    gone++;
    goneBytes += submission.payload().length;
    if (gone >= LEAVE_TOGETHER
        || gone >= limits.waiting() / LEAVE_PARTS
        || goneBytes >= limits.waitingBytes() / LEAVE_PARTS) {
      uncount();
    }
  }

  private void uncount() {
    queued.addAndGet(-gone);
    queuedBytes.addAndGet(-goneBytes);
    gone = 0;
    goneBytes = 0;
  }

  private void arrive(Submission submission) {
    if (closed) {
      drop(submission);
      return;
    }
    TaskRefused never = hopeless(submission);
    if (never != null) {
      refuse(submission, never);
      return;
    }
    TaskRefused refusal = obstacle(submission);
    if (refusal == null && !forRoom.isEmpty()) {
      // Who came before goes before.
      refusal = full(submission);
    }
    if (refusal == null) {
      goes(submission);
      admit(submission);
    } else if (submission.patienceUntil() == submission.submittedAt()) {
      refuse(submission, refusal);
    } else {
      (refusal.reason() == Reason.UNKNOWN_TYPE ? forType : forRoom).add(submission);
      tick();
    }
  }

  private void admit(Submission submission) {
    room.admitted(submission);
    admitted.accept(submission);
  }

  private void refuse(Submission submission, TaskRefused refusal) {
    left(submission);
    meters.refused(refusal.reason());
    callbacks.add(() -> submission.handle().refuse(refusal));
    callbacks.tell(l -> l.refused(submission.type(), refusal));
  }

  /** It would be accepted only to expire. */
  private @Nullable TaskRefused hopeless(Submission submission) {
    Duration deadline = submission.options().deadline();
    Instant notBefore = submission.options().notBefore();
    if (deadline == null
        || notBefore == null
        || wallMillis(notBefore) - loop.wallMillis() < deadline.toMillis()) {
      return null;
    }
    return new TaskRefused(
        Reason.INVALID,
        "a task of type %s must not start before %s, and its deadline of %d ms is over by then;"
                .formatted(submission.type(), notBefore, deadline.toMillis())
            + " give it a longer one, which counts from the acceptance",
        null);
  }

  private @Nullable TaskRefused obstacle(Submission submission) {
    if (!room.known(submission.type())) {
      return new TaskRefused(
          Reason.UNKNOWN_TYPE,
          "no node handles or declares tasks of type "
              + submission.type()
              + "; there are "
              + names(room.knownTypes())
              + ". Check the name, or start a node for it",
          null);
    }
    return roomFor(submission) ? null : full(submission);
  }

  private static String names(Set<String> types) {
    if (types.isEmpty()) {
      return "no types yet";
    }
    String some = types.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
    int more = types.size() - NAMES_SHOWN;
    return more <= 0 ? some : some + " and " + more + " more";
  }

  private boolean roomFor(Submission submission) {
    return room.unfinished() < limits.unfinished()
        && room.unfinishedBytes() + submission.payload().length <= limits.unfinishedBytes()
        && room.storeFill() < MAX_STORE_FILL
        && !room.outcomesFull();
  }

  private TaskRefused full(Submission submission) {
    String what;
    if (room.unfinished() >= limits.unfinished()) {
      what = limits.unfinished() + " tasks are unfinished already";
    } else if (room.storeFill() >= MAX_STORE_FILL) {
      what = "the fullest store node has no room";
    } else if (room.outcomesFull()) {
      what = "outcomes that are still to be kept fill their budget";
    } else {
      what = "payloads of unfinished tasks fill their budget";
    }
    return overloaded(submission, what, room.drainRate());
  }

  private TaskRefused overloaded(Submission submission, String what, double drainRate) {
    double ahead = 1 + queued.get();
    double seconds = drainRate <= 0 ? 30 : Math.min(60, Math.max(1, ahead / drainRate));
    return new TaskRefused(
        Reason.OVERLOADED,
        "a task of type "
            + submission.type()
            + " was not accepted: "
            + what
            + "; come back in "
            + (int) Math.ceil(seconds)
            + " s",
        Duration.ofSeconds((long) Math.ceil(seconds)));
  }

  private DispatcherClosed closed(Submission submission) {
    return new DispatcherClosed(
        "a task of type " + submission.type() + " was not accepted: " + closedBecause);
  }

  /** There may be room for submits that wait. */
  void recheck() {
    while (!forRoom.isEmpty()) {
      TaskRefused refusal = obstacle(forRoom.peek());
      if (refusal != null && refusal.reason() != Reason.UNKNOWN_TYPE) {
        return;
      }
      Submission first = forRoom.poll();
      if (refusal == null) {
        left(first);
        admit(first);
      } else {
        forType.add(first);
      }
    }
  }

  /** Types may have become known. */
  void recheckTypes() {
    int count = forType.size();
    for (int i = 0; i < count; i++) {
      Submission next = forType.remove();
      if (room.known(next.type())) {
        arrive(next);
      } else {
        forType.add(next);
      }
    }
    uncount();
  }

  /** Whether submits wait for room. */
  boolean anyWaiting() {
    return queued.get() > 0;
  }

  private void tick() {
    if (!ticking) {
      ticking = true;
      loop.after(
          TICK,
          () -> {
            ticking = false;
            recheck();
            expire(forRoom);
            expire(forType);
            if (!forRoom.isEmpty() || !forType.isEmpty()) {
              tick();
            }
            turnOver.run();
          });
    }
  }

  private void expire(ArrayDeque<Submission> line) {
    long now = loop.now();
    for (Iterator<Submission> all = line.iterator(); all.hasNext(); ) {
      Submission next = all.next();
      if (now - next.patienceUntil() >= 0) {
        all.remove();
        TaskRefused refusal = obstacle(next);
        refuse(next, refusal == null ? full(next) : refusal);
      }
    }
  }

  /** Refuses everything from now on, and says why. On the loop. */
  void close(String why) {
    closedBecause = why;
    close();
  }

  /** Refuses everything from now on. On the loop. */
  void close() {
    closed = true;
    for (Submission next = inbox.poll(); next != null; next = inbox.poll()) {
      drop(next);
    }
    forRoom.forEach(this::drop);
    forType.forEach(this::drop);
    forRoom.clear();
    forType.clear();
  }

  private void drop(Submission submission) {
    left(submission);
    RuntimeException why = refused(submission);
    if (why instanceof DispatcherException refusal) {
      callbacks.add(() -> submission.handle().refuse(refusal));
    }
  }

  /** Whatever waits here, and whatever comes, goes there. On the loop. */
  void handOver(Intake next) {
    heir = next;
    close();
  }

  /** Rounded up: a start must not be early. */
  private static long wallMillis(Instant instant) {
    return Math.max(0, Math.min(instant.getEpochSecond(), FAR_FUTURE_SECONDS)) * 1000
        + (instant.getNano() + 999_999) / 1_000_000;
  }

  /** What the tasks of a block share, from options with every default filled in. */
  static Profile profile(String type, TaskOptions options) {
    Duration deadline = options.deadline();
    Instant notBefore = options.notBefore();
    Set<String> requires = options.requires();
    return new Profile(
        type,
        Objects.requireNonNull(options.retries()),
        Objects.requireNonNull(options.backoff()),
        Objects.requireNonNull(options.timeLimit()).toMillis(),
        deadline == null ? 0 : Math.max(1, deadline.toMillis()),
        notBefore == null ? 0 : wallMillis(notBefore),
        Objects.requireNonNull(options.priority()),
        Objects.requireNonNull(options.retention()).toMillis(),
        requires == null ? List.of() : List.copyOf(requires),
        Boolean.TRUE.equals(options.explain()));
  }
}
