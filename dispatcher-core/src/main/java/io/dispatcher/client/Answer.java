package io.dispatcher.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a front answered.
 *
 * @param status HTTP status, at every door
 * @param body bytes of a result, else a JSON object: the task, or the problem
 * @param attempts number of the attempt that gave the result; 0 if this is none
 * @param retryAfter when to come back; null if the front did not say
 */
public record Answer(int status, byte[] body, int attempts, @Nullable Duration retryAfter) {}
