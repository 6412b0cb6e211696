package io.dispatcher.ledger;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One ledger entry: up to {@link #MAX_TASKS} tasks that one front recorded together. Immutable;
 * entries that a write does not touch are shared between the old and the new block.
 */
public final class Block {

  /** The most tasks in one block. */
  public static final int MAX_TASKS = 256;

  /** The most payload bytes in one block, unless it holds a single task: 256 KiB. */
  public static final int MAX_BYTES = 256 * 1024;

  private final BlockId id;
  private final long nonce;
  private final Peer owner;
  private final long ownerEpoch;
  private final long createdAt;
  private final @Nullable String contentHash;
  private final @Nullable TaskRef letterOf;
  private final Version version;
  // Exactly one of both is set.
  private final TaskEntry @Nullable [] entries;
  private final @Nullable PackedEntries packed;
  private final int weight;

  Block(
      BlockId id,
      long nonce,
      Peer owner,
      long ownerEpoch,
      long createdAt,
      @Nullable String contentHash,
      @Nullable TaskRef letterOf,
      Version version,
      TaskEntry[] entries) {
    this.id = id;
    this.nonce = nonce;
    this.owner = owner;
    this.ownerEpoch = ownerEpoch;
    this.createdAt = createdAt;
    this.contentHash = contentHash;
    this.letterOf = letterOf;
    this.version = version;
    this.packed = PackedEntries.of(entries);
    this.entries = packed == null ? entries : null;
    this.weight = 160 + (packed == null ? weigh(entries) : packed.weight());
  }

  private static int weigh(TaskEntry[] entries) {
    int sum = 0;
    for (TaskEntry entry : entries) {
      sum += entry.weight();
    }
    return sum;
  }

  /**
   * A block that nobody has written yet.
   *
   * @param nonce random; with the attempt it makes a start unique for ever
   * @param createdAt wall-clock milliseconds; deadlines count from here
   * @param contentHash of a task with an idempotency key, else null
   */
  public static Block fresh(
      BlockId id,
      long nonce,
      Peer owner,
      long createdAt,
      @Nullable String contentHash,
      TaskEntry[] entries) {
    if (entries.length == 0 || entries.length > MAX_TASKS) {
      throw new IllegalArgumentException(
          "a block holds 1 to " + MAX_TASKS + " tasks, not " + entries.length);
    }
    return new Block(id, nonce, owner, 1, createdAt, contentHash, null, Version.NONE, entries);
  }

  /**
   * A dead letter that nobody has written yet: the record of a failed task, with its payload, in a
   * block of its own.
   *
   * @param failedAt wall-clock milliseconds
   * @param failed its entry as its block has it
   */
  public static Block letter(
      TaskRef task, long nonce, Peer owner, long failedAt, TaskEntry failed) {
    return new Block(
        task.block().letter(task.index(), nonce),
        nonce,
        owner,
        1,
        failedAt,
        null,
        task,
        Version.NONE,
        new TaskEntry[] {failed});
  }

  /** A block that the ledger has lost, as its owner remembers it. */
  public static Block remembered(
      BlockId id,
      long nonce,
      Peer owner,
      long ownerEpoch,
      long createdAt,
      @Nullable String contentHash,
      TaskEntry[] entries) {
    return new Block(
        id, nonce, owner, ownerEpoch, createdAt, contentHash, null, Version.NONE, entries);
  }

  Block with(Version next, TaskEntry[] changed) {
    return new Block(id, nonce, owner, ownerEpoch, createdAt, contentHash, letterOf, next, changed);
  }

  /** This block under a new owner. */
  Block ownedBy(Peer next, Version changed) {
    return new Block(
        id, nonce, next, ownerEpoch + 1, createdAt, contentHash, letterOf, changed, copyEntries());
  }

  public BlockId id() {
    return id;
  }

  public long nonce() {
    return nonce;
  }

  /** The front that drives these tasks. */
  public Peer owner() {
    return owner;
  }

  /** Grows by one with each change of the owner. */
  public long ownerEpoch() {
    return ownerEpoch;
  }

  /** Wall-clock milliseconds of the acceptance; of a dead letter, of the failure. */
  public long createdAt() {
    return createdAt;
  }

  /** Hash of the content of a task with an idempotency key, else null. */
  public @Nullable String contentHash() {
    return contentHash;
  }

  /** The failed task whose dead letter this is; null of any other block. */
  public @Nullable TaskRef letterOf() {
    return letterOf;
  }

  public Version version() {
    return version;
  }

  public int size() {
    return packed == null ? unpacked().length : packed.size();
  }

  /** The entry at this index, 0 to {@link #size()} - 1. */
  public TaskEntry entry(int index) {
    return packed == null ? unpacked()[index] : packed.entry(index);
  }

  TaskEntry[] copyEntries() {
    if (packed == null) {
      return unpacked().clone();
    }
    TaskEntry[] copy = new TaskEntry[packed.size()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = packed.entry(i);
    }
    return copy;
  }

  private TaskEntry[] unpacked() {
    return Objects.requireNonNull(entries);
  }

  /** Heap bytes, roughly. */
  public int weight() {
    return weight;
  }
}
