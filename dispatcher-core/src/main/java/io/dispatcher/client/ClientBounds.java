package io.dispatcher.client;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How long a client waits and how much it holds.
 *
 * @param answer how long a front may take to answer, beside what a call asks it to wait
 * @param patience how long a call is repeated that no front answers; 0: each front is tried once
 * @param poll how long a front is asked to keep a question for an outcome
 * @param submits calls with tasks under way at once; further ones wait here
 * @param polls questions for outcomes under way at once; further ones take turns
 * @param queued tasks that may wait here; over it they are refused
 * @param queuedBytes bytes of their payloads
 */
public record ClientBounds(
    Duration answer,
    Duration patience,
    Duration poll,
    int submits,
    int polls,
    int queued,
    long queuedBytes) {

  /** Checks the ranges. */
  public ClientBounds {
    between("answer", answer, Duration.ofMillis(1), Duration.ofMinutes(10));
    between("patience", patience, Duration.ZERO, Duration.ofHours(24));
    between("poll", poll, Duration.ZERO, Duration.ofMinutes(10));
    positive("submits", submits);
    positive("polls", polls);
    positive("queued", queued);
    positive("queuedBytes", queuedBytes);
  }

  private static void between(String what, Duration value, Duration min, Duration max) {
    requireNonNull(value, what);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          what + " is " + value + ", but must be " + min + " to " + max);
    }
  }

  private static void positive(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " is " + value + ", but must be 1 or more");
    }
  }
}
