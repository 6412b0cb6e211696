package io.dispatcher.client;

import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import java.time.Duration;
import java.util.List;

/** One question to a front, the same whatever door it comes in by. */
public sealed interface Call {

  /** How long a front may keep the question before it has to answer. */
  default Duration allowed() {
    return Duration.ZERO;
  }

  /**
   * Accept this task.
   *
   * @param type name of its type
   * @param idempotencyKey the user's, or one made for this call; goes before that of the options
   */
  record Submit(String type, byte[] payload, TaskOptions options, String idempotencyKey)
      implements Call {
    @Override
    public Duration allowed() {
      Duration admission = options.admission();
      return admission == null ? Duration.ZERO : admission;
    }
  }

  /**
   * Accept these tasks, each on its own.
   *
   * @param idempotencyKey of the whole call
   */
  record Batch(List<Submit> tasks, String idempotencyKey) implements Call {

    /** The key that a front gives to a task of this call that has none of its own. */
    String itemKey(int index) {
      return itemKey(idempotencyKey, index);
    }

    static String itemKey(String batchKey, int index) {
      return batchKey + "/" + index;
    }

    @Override
    public Duration allowed() {
      return tasks.stream().map(Submit::allowed).max(Duration::compareTo).orElse(Duration.ZERO);
    }
  }

  /** How did this task end? Answered when it has, or when the wait is over. */
  record Result(TaskId id, Duration allowed) implements Call {}

  /** How does this task stand? */
  record Find(TaskId id) implements Call {}

  /** What does the cluster look like? Only over HTTP. */
  record View(String path) implements Call {}

  /** Ask this node to leave, or to stay and take nothing any more. Only over HTTP. */
  record Drain(String node, boolean stay) implements Call {}

  /** A part of all that the ledger holds. Only over HTTP. */
  record Export(String from) implements Call {
    @Override
    public Duration allowed() {
      return Duration.ofSeconds(15);
    }
  }

  /** Bring these records into the ledger. Only over HTTP. */
  record Import(byte[] records) implements Call {
    @Override
    public Duration allowed() {
      return Duration.ofSeconds(15);
    }
  }

  /** Do something with what the cluster keeps, which may be repeated. Only over HTTP. */
  record Act(String path) implements Call {}

  /** Cancel this task. */
  record Cancel(TaskId id) implements Call {}
}
