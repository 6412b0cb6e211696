package io.dispatcher;

import org.jspecify.annotations.Nullable;

/**
 * A part of an export of the ledger.
 *
 * @param records as {@link io.dispatcher.ledger.Archive} has them
 * @param next where the next part begins; null if this was the last one
 * @param tasks tasks without an outcome in it
 * @param outcomes outcomes in it
 */
public record LedgerPage(byte[] records, @Nullable String next, int tasks, int outcomes) {}
