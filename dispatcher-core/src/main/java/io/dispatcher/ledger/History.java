package io.dispatcher.ledger;

import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskLimits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a record keeps of a task that met trouble. A task whose first attempt is its only one has
 * none, and pays nothing for it. Immutable.
 *
 * @param deaths workers that died while they ran the task, since its newest checkpoint. The first
 *     one counts too if the task only may have run there: from then on each start is written ahead,
 *     and only what is written counts
 * @param lapses leases that lapsed while a worker had the task, since its newest checkpoint
 * @param worker who has written ahead that it starts the current attempt; null if nobody has
 * @param startedAt wall-clock milliseconds of that; 0 if nobody has, or if that worker has
 *     withdrawn it: it stays named, as what it wrote ahead may arrive once more
 * @param retryOf the failed task that this one repeats; null if it repeats none
 * @param cancelled whether somebody who could not reach the owner asked for the task's cancellation
 * @param attempts the newest ends of attempts, oldest first
 */
public record History(
    int deaths,
    int lapses,
    @Nullable Peer worker,
    long startedAt,
    @Nullable TaskId retryOf,
    boolean cancelled,
    List<PastAttempt> attempts) {

  /** So many deaths set a task aside. */
  public static final int MOST_DEATHS = 3;

  /** So many lapsed leases set a task aside. */
  public static final int MOST_LAPSES = 10;

  static final History NONE = new History(0, 0, null, 0, null, false, List.of());

  /** Of a new task that repeats a failed one. */
  public static History retryOf(TaskId failed) {
    return new History(0, 0, null, 0, failed, false, List.of());
  }

  static History of(@Nullable History history) {
    return history == null ? NONE : history;
  }

  /** It may have run on a node that died: its starts are written ahead. */
  public boolean noted() {
    return deaths >= 1;
  }

  /** A second node died of it, perhaps: a worker starts one such task at a time. */
  public boolean suspect() {
    return deaths >= MOST_DEATHS - 1;
  }

  boolean poison() {
    return deaths >= MOST_DEATHS;
  }

  boolean lapsedTooOften() {
    return lapses >= MOST_LAPSES;
  }

  /** Who has written ahead that it starts the current attempt, and has not withdrawn that. */
  public @Nullable Peer starter() {
    return startedAt == 0 ? null : worker;
  }

  boolean begun() {
    return starter() != null;
  }

  /** Whether the current attempt may have been started: whoever starts a noted task says so. */
  boolean mayHaveStarted() {
    boolean withdrawn = worker != null && startedAt == 0;
    return begun() || (!noted() && !withdrawn);
  }

  /** Of an attempt that nobody has started yet. */
  public History unstarted() {
    return new History(deaths, lapses, null, 0, retryOf, cancelled, attempts);
  }

  History begun(Peer by, long at) {
    return new History(deaths, lapses, by, at, retryOf, cancelled, attempts);
  }

  History withdraw() {
    return new History(deaths, lapses, worker, 0, retryOf, cancelled, attempts);
  }

  /** A newer checkpoint: the task gets on, whatever dies around it. */
  History cleared() {
    return new History(0, 0, worker, startedAt, retryOf, cancelled, attempts);
  }

  History marked() {
    return new History(deaths, lapses, worker, startedAt, retryOf, true, attempts);
  }

  /** The attempt ended, and nobody has started the next one yet. */
  History ended(PastAttempt end) {
    return ended(end, deaths, lapses);
  }

  /**
   * The attempt was given up.
   *
   * @param started whether it can have been started at all
   */
  History givenUp(Change.Cause cause, boolean started, @Nullable PastAttempt end) {
    int died = deaths;
    if (cause == Change.Cause.DEATH) {
      died += mayHaveStarted() ? 1 : 0;
    } else if (cause == Change.Cause.ADOPTED) {
      died = Math.max(deaths, started ? 1 : 0);
    }
    int lapsed = lapses + (cause == Change.Cause.LAPSE ? 1 : 0);
    return end == null
        ? new History(died, lapsed, null, 0, retryOf, cancelled, attempts)
        : ended(end, died, lapsed);
  }

  private History ended(PastAttempt end, int died, int lapsed) {
    List<PastAttempt> all = new ArrayList<>(attempts);
    all.add(end);
    int from = Math.max(0, all.size() - TaskLimits.MAX_PAST_ATTEMPTS);
    return new History(
        died, lapsed, null, 0, retryOf, cancelled, List.copyOf(all.subList(from, all.size())));
  }

  /** The nodes that died while they ran it, or may have run it, as far as they are kept. */
  String nodesLost(PastAttempt.Cause cause) {
    StringBuilder names = new StringBuilder();
    for (PastAttempt attempt : attempts) {
      if (attempt.cause() == cause && attempt.node() != null && attempt.startedAt() != null) {
        names.append(names.isEmpty() ? "" : ", ").append(attempt.node());
      }
    }
    return names.toString();
  }

  static @Nullable Instant instant(long millis) {
    return millis == 0 ? null : Instant.ofEpochMilli(millis);
  }

  /** Heap bytes, roughly. */
  int weight() {
    int bytes = 64;
    for (PastAttempt attempt : attempts) {
      bytes += 120 + attempt.note().length();
    }
    return bytes;
  }
}
