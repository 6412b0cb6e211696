package io.dispatcher.ledger;

import org.jspecify.annotations.Nullable;

/**
 * What a primary decided, for its backups to apply. A backup takes no decision: it has the version
 * the primary started from, or it refuses.
 */
public sealed interface Delta {

  /** The replica's block after this delta; null if it is to hold none. */
  @Nullable Block applyTo(@Nullable Block replica) throws ReplicaBehind;

  /** Holds the whole block; replaces whatever the replica has. */
  record Whole(Block block) implements Delta {
    @Override
    public Block applyTo(@Nullable Block replica) {
      return block;
    }
  }

  /** Some entries changed. */
  record Patch(Version from, Version to, int[] indexes, TaskEntry[] entries) implements Delta {
    @Override
    public Block applyTo(@Nullable Block replica) throws ReplicaBehind {
      Block base = require(replica, from);
      TaskEntry[] changed = base.copyEntries();
      for (int i = 0; i < indexes.length; i++) {
        changed[indexes[i]] = changed[indexes[i]].patched(entries[i]);
      }
      return base.with(to, changed);
    }
  }

  /** The block is gone. */
  record Gone() implements Delta {
    @Override
    public @Nullable Block applyTo(@Nullable Block replica) {
      return null;
    }
  }

  /** The primary holds no such block; nor may the replica. */
  record Absent() implements Delta {
    @Override
    public @Nullable Block applyTo(@Nullable Block replica) throws ReplicaBehind {
      if (replica != null) {
        throw new ReplicaBehind(replica.version(), null);
      }
      return null;
    }
  }

  private static Block require(@Nullable Block replica, Version version) throws ReplicaBehind {
    if (replica == null || !replica.version().equals(version)) {
      throw new ReplicaBehind(replica == null ? null : replica.version(), version);
    }
    return replica;
  }

  /** The replica does not hold what the primary started from; it must not acknowledge. */
  final class ReplicaBehind extends Exception {
    private static final long serialVersionUID = 1L;

    ReplicaBehind(@Nullable Version held, @Nullable Version needed) {
      super(
          "the replica holds " + held + ", the primary started from " + needed, null, false, false);
    }
  }
}
