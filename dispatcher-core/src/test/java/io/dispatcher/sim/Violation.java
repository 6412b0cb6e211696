package io.dispatcher.sim;

/**
 * Something that must never be.
 *
 * @param at nanoseconds of simulated time
 * @param promise what it breaks
 * @param task the task's short name in the trace; empty if it is about none
 */
public record Violation(long at, Promise promise, String task, String what) {
  @Override
  public String toString() {
    return String.format("%.6f %s %s: %s", at / 1e9, promise, task, what);
  }
}
