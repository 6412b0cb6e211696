package io.dispatcher;

/**
 * Whether a node takes tasks in.
 *
 * @param reason {@code ready}, or what it waits for, for people: "store 1 of 3: waiting for 1 more"
 */
public record Readiness(boolean ready, String reason) {}
