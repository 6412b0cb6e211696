package io.dispatcher.node.cli;

import io.dispatcher.node.http.Wanted;
import io.dispatcher.task.TaskOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a task as flags, spelt and read as at every door. */
final class OptionFlags {

  @Option(names = "--key", paramLabel = "KEY", description = "goes to the key's preferred worker")
  private @Nullable String key;

  @Option(
      names = "--idempotencyKey",
      paramLabel = "KEY",
      description = "same key and content, same task; made for the call if none is given")
  private @Nullable String idempotencyKey;

  @Option(names = "--retries", paramLabel = "N", description = "0 to 1000; default 3")
  private @Nullable String retries;

  @Option(
      names = "--backoff",
      paramLabel = "TIME",
      description = "wait before a retry, or initial,factor,cap,jitter; default 500ms,4,1m,0.25")
  private @Nullable String backoff;

  @Option(
      names = "--timeLimit",
      paramLabel = "TIME",
      description = "longest run of one attempt; default 10m")
  private @Nullable String timeLimit;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      description = "longest time from acceptance to outcome; default none")
  private @Nullable String deadline;

  @Option(
      names = "--notBefore",
      paramLabel = "WHEN",
      description = "earliest start, like 2026-01-31T08:00:00Z")
  private @Nullable String notBefore;

  @Option(names = "--priority", paramLabel = "N", description = "1 (first) to 9; default 5")
  private @Nullable String priority;

  @Option(
      names = "--retention",
      paramLabel = "TIME",
      description = "how long the outcome stays; default 5m")
  private @Nullable String retention;

  @Option(
      names = "--admission",
      paramLabel = "TIME",
      description = "how long the submit may wait for room; default 0")
  private @Nullable String admission;

  @Option(
      names = "--requires",
      paramLabel = "LABELS",
      description = "only on a node with all these labels: gpu,disk:ssd")
  private @Nullable String requires;

  @Option(
      names = "--explain",
      description = "tell why it went where it did, on stderr; task get --explain does so later")
  private boolean explain;

  boolean explains() {
    return explain;
  }

  /**
   * The options that are set.
   *
   * @throws IllegalArgumentException if one is out of its range; tells which
   */
  TaskOptions options() {
    Wanted wanted = new Wanted();
    set(wanted, "key", key);
    set(wanted, "idempotencyKey", idempotencyKey);
    set(wanted, "retries", retries);
    set(wanted, "backoff", backoff);
    set(wanted, "timeLimit", timeLimit);
    set(wanted, "deadline", deadline);
    set(wanted, "notBefore", notBefore);
    set(wanted, "priority", priority);
    set(wanted, "retention", retention);
    set(wanted, "admission", admission);
    set(wanted, "requires", requires);
    set(wanted, "explain", explain ? "true" : null);
    return wanted.options();
  }

  private static void set(Wanted wanted, String name, @Nullable String value) {
    if (value != null) {
      wanted.set(name, value);
    }
  }
}
