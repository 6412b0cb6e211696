package io.dispatcher.sim;

import org.jspecify.annotations.Nullable;

/** Ways to plant a bug that the checker must catch, each with the promise that it must break. */
public enum Sabotage {
  NONE(null),
  /**
   * Replies clean as soon as the primary holds the write, as Hazelcast does to calls with several
   * keys: {@code setAllAsync}, {@code submitToKeys}. Its {@code setAsync} waits for the backups.
   */
  EARLY_REPLY(Promise.RECORDED),
  /**
   * Accepts as {@code setAsync} would: on no condition, so that what is carried out late, or a
   * second submission of an idempotency key, overwrites what has become of the first.
   */
  SET_ASYNC(Promise.ONE_OUTCOME),
  /** Takes every settlement for one of the current attempt. */
  NO_ATTEMPT_CHECK(Promise.FENCED),
  /** Says that attempts were raised, and leaves them as they are. */
  NO_RAISE(Promise.FENCED),
  /**
   * Not of the ledger: an heir delivers under the attempt that the owner before it may have handed
   * out. A ledger that only says that it raised it stops the heir, which uses no attempt again that
   * it found, and writes starts ahead.
   */
  NO_RAISE_AT_ADOPTION(Promise.FENCED),
  /** Takes each checkpoint of the current attempt for the newest. */
  NO_SEQUENCE_CHECK(Promise.CHECKPOINTS),
  /** Not of the ledger: who hands a block over says that nobody has any task of it. */
  NO_CONSENT(Promise.FENCED),
  /** Says that starts were written ahead, and writes nothing. */
  NO_WRITE_AHEAD(Promise.BUDGETS),
  /**
   * Lets everybody write who takes the block for its own, and adopt it from whoever owns it. Only
   * heirs of the same owner are two who live and write: from whom a split or a freeze took a block,
   * membership takes no write any more either.
   */
  NO_OWNER_EPOCH(Promise.FENCED),
  /** Looks for orphans once after a node has left, and never again. */
  ONE_SCAN(Promise.PROGRESS),
  /**
   * When sides meet, what stands stays, as with Hazelcast's {@code PutIfAbsentMergePolicy}, instead
   * of the higher version, and nobody waits for those of a later era. All copies of the newest era
   * have what was acknowledged, so it shows only where a side has no copy of a record and gets
   * first what a node brings that missed that era: among five nodes there can be such a side, among
   * three none.
   */
  PUT_IF_ABSENT(Promise.ONE_OUTCOME),
  /**
   * Hazelcast as it comes: each side of a split goes on with the copies that it has, and when they
   * meet, the smaller one puts in what the larger one lacks.
   */
  HAZELCAST_DEFAULT(Promise.ONE_OUTCOME),
  /**
   * An era that began in name only counts as one that went on without whoever missed it, and no
   * marks tell what nobody has a copy of. With the marks that alone loses nothing: of what both
   * have a copy of, that of the other side is as new.
   */
  EMPTY_ERA(Promise.RECORDED),
  /**
   * Drops what a node brings that was cut off, also where nobody has a copy any more. Only one seed
   * in many thousands shows it, so that no test looks for one: {@link #EMPTY_ERA} has it in it, and
   * {@code BroughtTest} makes the state itself.
   */
  NO_MARKS(Promise.RECORDED),
  /**
   * What a node brings of an older era is put back although others have yet to put back that of a
   * later one, or have yet to come with it, and with it the marks of what was lost and of what has
   * ended.
   */
  OLD_FIRST(Promise.ONE_OUTCOME),
  /** When a majority meets again, it goes on before all of them have put back what they held. */
  OPEN_AT_ONCE(Promise.ONE_OUTCOME),
  /** Every repeat looks like a write of its own. */
  NO_WRITE_IDS(Promise.AS_ANSWERED),
  /** Instead of repeating a write, looks whether the primary shows it. */
  READ_BACK(Promise.RECORDED),
  /** A primary that holds no such block says so at once, also one that was thrown out. */
  GONE_UNASKED(Promise.RECORDED),
  /** Backups apply the write to whatever they hold, and acknowledge. */
  BACKUPS_DECIDE(Promise.ONE_OUTCOME);

  private final @Nullable Promise broken;

  Sabotage(@Nullable Promise broken) {
    this.broken = broken;
  }

  /** Whether this is what the bug must do; what it does besides may come of anything. */
  public boolean isShownBy(Violation violation) {
    return violation.promise() == broken;
  }
}
