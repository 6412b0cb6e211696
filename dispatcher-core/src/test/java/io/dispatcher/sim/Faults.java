package io.dispatcher.sim;

import java.util.random.RandomGenerator;

/**
 * How often the simulated world goes wrong: each a probability per event, drawn once per run. A run
 * has some of the faults and lacks others, because a fault that is always there hides what happens
 * without it.
 *
 * @param frameDropped a frame is lost
 * @param frameRepeated a frame arrives twice
 * @param frameLate a frame arrives after later ones of its pair
 * @param linkReset a frame finds its link broken: all that is under way on it is lost, both sides
 *     hear of it
 * @param slowTail a frame or a ledger call takes 10 to 200 ms
 * @param backupLost a backup never arrives; the writer gets an unclean reply, the primary shows the
 *     write
 * @param backupLate a backup arrives after its writer was told that it did not
 * @param requestLost a ledger call never reaches the primary
 * @param requestLate a ledger call is carried out after its caller was told that the time is over
 * @param requestTwice a ledger call is carried out twice, the second time after later calls perhaps
 * @param answerLost a ledger call is carried out, but its caller hears of a member that left
 * @param readFails a read of a large value answers nothing
 * @param primaryMoved the primary of a partition moves to another holder while calls are under way
 * @param primaryDies the holder of a write that its backups lack dies, if it is one that runs
 *     nothing else: the write is gone
 * @param lateLoop a turn of a loop starts 1 to 100 ms late
 */
public record Faults(
    double frameDropped,
    double frameRepeated,
    double frameLate,
    double linkReset,
    double slowTail,
    double backupLost,
    double backupLate,
    double requestLost,
    double requestLate,
    double requestTwice,
    double answerLost,
    double readFails,
    double primaryMoved,
    double primaryDies,
    double lateLoop) {

  /** A perfect world. */
  public static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** The faults of one run. */
  public static Faults draw(RandomGenerator random) {
    return new Faults(
        some(random, 0.2),
        some(random, 0.12),
        some(random, 0.08),
        some(random, 0.02),
        some(random, 0.08),
        some(random, 0.2),
        some(random, 0.15),
        some(random, 0.12),
        some(random, 0.12),
        some(random, 0.2),
        some(random, 0.15),
        some(random, 0.3),
        some(random, 0.06),
        some(random, 0.8),
        some(random, 0.004));
  }

  /** The same, but that no backup is late: those behind it wait, and of many calls all are late. */
  public Faults inTime() {
    return new Faults(
        frameDropped,
        frameRepeated,
        frameLate,
        linkReset,
        slowTail,
        backupLost,
        0,
        requestLost,
        requestLate,
        requestTwice,
        answerLost,
        readFails,
        primaryMoved,
        primaryDies,
        lateLoop);
  }

  /** Nothing in two runs of five, else up to the most, small values more often. */
  private static double some(RandomGenerator random, double most) {
    double drawn = random.nextDouble();
    return random.nextInt(5) < 2 ? 0 : most * drawn * drawn;
  }
}
