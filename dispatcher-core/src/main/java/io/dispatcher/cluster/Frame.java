package io.dispatcher.cluster;

import org.jspecify.annotations.Nullable;

/**
 * One message between two roles with what makes it reliable: its number in its direction and the
 * number up to which the other direction has been handled.
 *
 * @param number from 1, without gaps; 0 = not numbered, may be lost
 * @param handled every number up to this one of the other direction has been handled
 * @param message null for a bare acknowledgement
 */
public record Frame(long number, long handled, @Nullable Message message) {}
