package io.dispatcher.sim;

/** Ways to plant a bug that the checker must catch. */
public enum Sabotage {
  NONE,
  /** Replies clean as soon as the primary holds the write. */
  EARLY_REPLY,
  /** Takes every settlement for one of the current attempt. */
  NO_ATTEMPT_CHECK,
  /** Says that attempts were raised, and leaves them as they are. */
  NO_RAISE,
  /** The same, but only of tasks that an heir found nobody to hold. */
  NO_RAISE_AT_ADOPTION,
  /** Takes each checkpoint of the current attempt for the newest. */
  NO_SEQUENCE_CHECK,
  /** Not of the ledger: who hands a block over says that nobody has any task of it. */
  NO_CONSENT,
  /** Says that starts were written ahead, and writes nothing. */
  NO_WRITE_AHEAD,
  /** Lets every former owner write. */
  NO_OWNER_EPOCH,
  /** Looks for orphans once after a node has left, and never again. */
  ONE_SCAN,
  /** When two sides meet, the one that joins overwrites what stands there. */
  MERGE_BY_DEFAULT,
  /** An era that began in name only counts as one that went on without whoever missed it. */
  EMPTY_ERA,
  /** Drops what a node brings that was cut off, also where nobody has a copy any more. */
  NO_MARKS,
  /** When a majority meets again, it goes on before all of them have put back what they held. */
  OPEN_AT_ONCE,
  /** Every repeat looks like a write of its own. */
  NO_WRITE_IDS,
  /** Instead of repeating a write, looks whether the primary shows it. */
  READ_BACK,
  /** A primary that holds no such block says so at once, also one that was thrown out. */
  GONE_UNASKED,
  /** Backups apply the write to whatever they hold, and acknowledge. */
  BACKUPS_DECIDE
}
