package io.dispatcher;

/**
 * The bounds of one node. Over them a submit waits for room or is refused; nothing accepted is
 * dropped.
 *
 * @param unfinished accepted tasks of this front without an outcome, at the most; 1 or more
 * @param unfinishedBytes their payload bytes, at the most
 * @param waiting submits that wait for room, at the most
 * @param waitingBytes their payload bytes, at the most
 * @param outcomeBytes weight of the blocks whose outcomes this front keeps, at the most
 * @param deadLetterBytes weight of the dead letters this front keeps, at the most; over it the
 *     oldest ones go. As much may wait to become dead letters
 */
public record Limits(
    int unfinished,
    long unfinishedBytes,
    int waiting,
    long waitingBytes,
    long outcomeBytes,
    long deadLetterBytes) {

  private static final int MOST_UNFINISHED = 500_000;
  private static final int MOST_WAITING = 100_000;

  /** What a front needs for a task beside its payload: its handle, its place in line, its block. */
  private static final int TASK_BYTES = 512;

  private static final double TASK_SHARE = 0.3;
  private static final double PAYLOAD_SHARE = 0.25;
  private static final double WAITING_SHARE = 0.05;
  private static final double OUTCOME_SHARE = 0.25;
  private static final double DEAD_LETTER_SHARE = 0.05;

  public Limits {
    atLeastOne("unfinished", unfinished);
    atLeastOne("unfinishedBytes", unfinishedBytes);
    atLeastOne("waiting", waiting);
    atLeastOne("waitingBytes", waitingBytes);
    atLeastOne("outcomeBytes", outcomeBytes);
    atLeastOne("deadLetterBytes", deadLetterBytes);
  }

  private static void atLeastOne(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "limit " + name + " is " + value + ", it must be 1 or more");
    }
  }

  /**
   * 500,000 unfinished tasks, fewer in a heap below 820 MiB; a quarter of the heap for their
   * payloads and another quarter for outcomes.
   */
  public static Limits ofHeap(long maxHeapBytes) {
    return new Limits(
        tasks(TASK_SHARE * maxHeapBytes, MOST_UNFINISHED),
        (long) (PAYLOAD_SHARE * maxHeapBytes),
        tasks(WAITING_SHARE * maxHeapBytes, MOST_WAITING),
        (long) (WAITING_SHARE * maxHeapBytes),
        (long) (OUTCOME_SHARE * maxHeapBytes),
        (long) (DEAD_LETTER_SHARE * maxHeapBytes));
  }

  private static int tasks(double bytes, int most) {
    return (int) Math.max(1, Math.min(most, bytes / TASK_BYTES));
  }

  /** These limits with another number of unfinished tasks. */
  public Limits unfinished(int tasks) {
    return new Limits(tasks, unfinishedBytes, waiting, waitingBytes, outcomeBytes, deadLetterBytes);
  }

  /** These limits with another number of waiting submits. */
  public Limits waiting(int submits) {
    return new Limits(
        unfinished, unfinishedBytes, submits, waitingBytes, outcomeBytes, deadLetterBytes);
  }

  /** These limits with another budget for outcomes. */
  public Limits outcomeBytes(long bytes) {
    return new Limits(unfinished, unfinishedBytes, waiting, waitingBytes, bytes, deadLetterBytes);
  }

  /** These limits with another budget for dead letters. */
  public Limits deadLetterBytes(long bytes) {
    return new Limits(unfinished, unfinishedBytes, waiting, waitingBytes, outcomeBytes, bytes);
  }
}
