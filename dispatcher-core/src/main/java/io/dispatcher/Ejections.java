package io.dispatcher;

/**
 * Decides which workers of one type are ejected: those on which attempts fail while they succeed
 * elsewhere. Never more than a third of them, or one; and if fewer than half of them would be left,
 * nobody counts as ejected. Confined to the front's loop.
 */
final class Ejections {

  private static final double MOST = 0.3;
  private static final double DEVIATIONS = 1.9;
  private static final int ENOUGH_WORKERS = 5;
  private static final double LEAST_SHARE = 0.05;

  /** What happens to a worker. */
  interface Sink {
    void eject(int i);
  }

  private final Breaker[] breakers;

  Ejections(Breaker[] breakers) {
    this.breakers = breakers;
  }

  /** Finds those that are to be ejected. */
  void judge(Sink sink) {
    int most = Math.max(1, (int) (MOST * breakers.length));
    long attempts = 0;
    long failures = 0;
    int ejected = 0;
    for (Breaker breaker : breakers) {
      attempts += breaker.attempts();
      failures += breaker.failures();
      ejected += breaker.ejected() ? 1 : 0;
    }
    double lowest = lowestUsual();
    for (int i = 0; i < breakers.length && ejected < most && breakers.length > 1; i++) {
      Breaker breaker = breakers[i];
      if (!breaker.ejected() && (apart(breaker, attempts, failures) || success(breaker) < lowest)) {
        ejected++;
        sink.eject(i);
      }
    }
  }

  /** Whether it is suspicious, and attempts fail at most half as often elsewhere. */
  private static boolean apart(Breaker breaker, long attempts, long failures) {
    long others = attempts - breaker.attempts();
    long theirFailures = failures - breaker.failures();
    return breaker.failsAlone()
        || (breaker.suspicious()
            && others >= Breaker.ROW
            && 2 * theirFailures * breaker.attempts() <= breaker.failures() * others);
  }

  private static double success(Breaker breaker) {
    return breaker.attempts() < Breaker.ENOUGH
        ? 1
        : 1 - breaker.failures() / (double) breaker.attempts();
  }

  /** Below this share of successes a worker is an outlier; 0 if there are too few to say. */
  private double lowestUsual() {
    int count = 0;
    double sum = 0;
    double squares = 0;
    for (Breaker breaker : breakers) {
      if (breaker.attempts() >= Breaker.ENOUGH) {
        double success = success(breaker);
        count++;
        sum += success;
        squares += success * success;
      }
    }
    if (count < ENOUGH_WORKERS) {
      return 0;
    }
    double mean = sum / count;
    double deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
    return Math.min(1 - LEAST_SHARE, mean - DEVIATIONS * deviation);
  }
}
