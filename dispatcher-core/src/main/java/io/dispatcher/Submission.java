package io.dispatcher;

import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import org.jspecify.annotations.Nullable;

/**
 * A task on its way to being recorded.
 *
 * @param options with every default filled in
 * @param retryOf the failed task that it repeats; null if it repeats none
 * @param submittedAt loop time
 * @param patienceUntil loop time at which it gives up waiting for room
 * @param submitter who submitted it; null if that is not known
 */
record Submission(
    Handle<?> handle,
    String type,
    byte[] payload,
    TaskOptions options,
    @Nullable TaskId retryOf,
    long submittedAt,
    long patienceUntil,
    @Nullable Submitter submitter) {}
