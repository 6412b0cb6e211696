package io.dispatcher.sim;

/**
 * Something that must never be.
 *
 * @param at nanoseconds of simulated time
 * @param task the task's short name in the trace; empty if it is about none
 */
public record Violation(long at, String task, String what) {
  @Override
  public String toString() {
    return String.format("%.6f %s: %s", at / 1e9, task, what);
  }
}
