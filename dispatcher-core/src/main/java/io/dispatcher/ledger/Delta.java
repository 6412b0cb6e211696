package io.dispatcher.ledger;

import io.dispatcher.task.TaskState;
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
        TaskEntry patch = entries[i];
        TaskEntry old = changed[indexes[i]];
        changed[indexes[i]] =
            new TaskEntry(
                old.profile(),
                old.key(),
                payload(old, patch),
                patch.attempt(),
                patch.state(),
                patch.failures(),
                patch.deaths(),
                patch.lapses(),
                patch.dueAt(),
                patch.lastWrite(),
                patch.result(),
                patch.failure(),
                patch.checkpoint(),
                patch.saves());
      }
      return base.with(to, changed);
    }

    private static @Nullable Value payload(TaskEntry old, TaskEntry patch) {
      if (patch.state() == TaskState.REMOVED) {
        return null;
      }
      return patch.isFinal() ? TaskEntry.named(old.payload()) : old.payload();
    }
  }

  /** The block is gone. */
  record Gone() implements Delta {
    @Override
    public @Nullable Block applyTo(@Nullable Block replica) {
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

    ReplicaBehind(@Nullable Version held, Version needed) {
      super(
          "the replica holds " + held + ", the primary started from " + needed, null, false, false);
    }
  }
}
