package io.dispatcher.node.chaos;

import java.util.List;
import java.util.Map;

/**
 * What a history shows.
 *
 * @param finished accepted tasks with an outcome
 * @param lost accepted tasks without one, unless the run broke off before they could have any
 * @param lostBeyond of these, such as were accepted before a fault beyond the backups: all copies
 *     may have died
 * @param committedTwice tasks with two outcomes that differ
 * @param startedTwice tasks with more than one start that no failure of their own explains
 * @param fenced writes of old attempts that were refused
 * @param setAside tasks that failed as three nodes may have died of them
 * @param refused submits that were not accepted
 * @param unknown submits of which nobody learned whether they were accepted, or the outcome
 * @param special tasks with which more is done than to submit them
 * @param restarts from a fault to the start of what it cut short, by class
 * @param firstStarts from a fault to the start of what only waited then, by class
 * @param faults by class
 * @param rereplicating faults while not all copies were there
 * @param beyondBackups faults with which more copies were gone than there are backups
 * @param rolling what was submitted during rolling restarts
 * @param violations how often each promise was broken
 * @param examples the first violations, in words
 * @param tooLittle why the run proves nothing; empty if it proves something
 * @param skipped what it could not do where it ran
 */
record Verdict(
    long accepted,
    long finished,
    long lost,
    long lostBeyond,
    long committedTwice,
    long startedTwice,
    long fenced,
    long setAside,
    long refused,
    long unknown,
    Special special,
    Map<String, Restarts> restarts,
    Map<String, Restarts> firstStarts,
    Map<FaultClass, Integer> faults,
    int rereplicating,
    int beyondBackups,
    Rolling.Figures rolling,
    Map<String, Long> violations,
    List<String> examples,
    List<String> tooLittle,
    List<String> skipped) {

  /**
   * Tasks with which more is done than to submit them.
   *
   * @param repeated second submits under an idempotency key that were accepted
   * @param ownFailures attempts that failed by their own code
   * @param cancelled tasks that ended so
   */
  record Special(long repeated, long ownFailures, long cancelled) {}

  /** Times in milliseconds. */
  record Restarts(int count, double p50, double p99, double max) {
    static Restarts of(List<Long> micros) {
      long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
      return new Restarts(sorted.length, at(sorted, 50), at(sorted, 99), at(sorted, 100));
    }

    private static double at(long[] sorted, int percent) {
      int index = (int) Math.ceil(sorted.length * percent / 100.0) - 1;
      return sorted[Math.max(0, index)] / 1e3;
    }
  }

  /** 0 all promises held, 1 one was broken, 3 too little happened. */
  int exitCode() {
    if (!violations.isEmpty()) {
      return 1;
    }
    return tooLittle.isEmpty() ? 0 : 3;
  }

  long violationCount() {
    return violations.values().stream().mapToLong(Long::longValue).sum();
  }
}
