package io.dispatcher.ledger;

import io.dispatcher.task.TaskState;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a block whose tasks have all succeeded, in five objects instead of some hundreds.
 *
 * <p>Outcomes are kept for seconds to minutes: at full load millions of them at once, and a garbage
 * collector pays for objects that live, not for bytes. Only the plain case is packed (one profile,
 * no keys, results inline, no failures); the others are few and stay as they are. Immutable.
 */
final class PackedEntries {

  private final Profile profile;
  private final byte[] results;
  private final int[] ends;
  private final int[] attempts;
  private final long[] lastWrites;

  private PackedEntries(
      Profile profile, byte[] results, int[] ends, int[] attempts, long[] lastWrites) {
    this.profile = profile;
    this.results = results;
    this.ends = ends;
    this.attempts = attempts;
    this.lastWrites = lastWrites;
  }

  /** The entries packed; null if they are not of the plain case. */
  static @Nullable PackedEntries of(TaskEntry[] entries) {
    Profile profile = entries[0].profile();
    int bytes = 0;
    for (TaskEntry entry : entries) {
      int size = plainSize(entry, profile);
      if (size < 0) {
        return null;
      }
      bytes += size;
    }
    byte[] results = new byte[bytes];
    int[] ends = new int[entries.length];
    int[] attempts = new int[entries.length];
    long[] lastWrites = new long[entries.length];
    int end = 0;
    for (int i = 0; i < entries.length; i++) {
      TaskEntry entry = entries[i];
      byte[] result = bytesOf(entry);
      if (result != null) {
        System.arraycopy(result, 0, results, end, result.length);
        end += result.length;
      }
      ends[i] = end;
      attempts[i] = entry.attempt();
      lastWrites[i] = entry.lastWrite();
    }
    return new PackedEntries(profile, results, ends, attempts, lastWrites);
  }

  private static byte @Nullable [] bytesOf(TaskEntry entry) {
    Value result = entry.result();
    return result == null ? null : result.bytes();
  }

  private static int plainSize(TaskEntry entry, Profile profile) {
    byte[] result = bytesOf(entry);
    boolean plain =
        entry.state() == TaskState.SUCCEEDED
            && result != null
            && entry.key() == null
            && entry.payload() == null
            && entry.checkpoint() == null
            && entry.failures() == 0
            && entry.history() == null
            && entry.profile().equals(profile);
    return plain && result != null ? result.length : -1;
  }

  int size() {
    return ends.length;
  }

  TaskEntry entry(int index) {
    int start = index == 0 ? 0 : ends[index - 1];
    return new TaskEntry(
        profile,
        null,
        null,
        attempts[index],
        TaskState.SUCCEEDED,
        0,
        0,
        lastWrites[index],
        Value.inline(Arrays.copyOfRange(results, start, ends[index])),
        null,
        null,
        0,
        null);
  }

  /** Heap bytes, roughly. */
  int weight() {
    return 120 + results.length + 16 * ends.length;
  }
}
