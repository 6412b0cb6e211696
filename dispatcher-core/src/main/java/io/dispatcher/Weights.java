package io.dispatcher;

import java.time.Duration;

/**
 * The share of the work that each worker of one type gets: what is configured, if wanted times how
 * fast tasks of the type run there compared with the others, and less while the worker has just
 * joined, for a JVM is slow at first, or is back after an ejection.
 */
final class Weights {

  /**
   * Nobody has less than this part of what is configured, however slow or new it is: with less it
   * would get too little for its speed to be measured again.
   */
  private static final double LEAST = 0.1;

  /** Nobody has more than so many times what is configured, however fast it is. */
  private static final double MOST = 10;

  /** Smaller changes do not make new pickers. */
  private static final double NOTICED = 0.05;

  /**
   * What counts.
   *
   * @param measured whether the speeds do that workers report
   * @param slowStart in which time a newcomer gets its whole share; 0 = at once
   */
  record Rule(boolean measured, long slowStart) {

    static final Rule DEFAULT = new Rule(false, Duration.ofSeconds(30).toNanos());
  }

  private Weights() {}

  static double[] of(WorkerView[] views, String type, Rule rule, long now) {
    double[] weights = new double[views.length];
    double mean = rule.measured() ? meanSpeed(views, type) : 0;
    boolean slow = rule.slowStart() > 0 && fewAreNew(views, type, rule, now);
    for (int i = 0; i < views.length; i++) {
      WorkerView view = views[i];
      weights[i] = view.weight(view.pool(type));
      double speed = mean > 0 ? speed(view, type) : 0;
      double part = speed > 0 ? Math.min(MOST, speed / mean) : 1;
      if (slow) {
        part *= warmth(view, type, rule, now);
      }
      weights[i] *= Math.max(LEAST, part);
    }
    return weights;
  }

  /** Tasks per second and unit of configured weight, when it is busy; 0 if that is not known. */
  private static double speed(WorkerView view, String type) {
    double weight = view.weight(view.pool(type));
    return weight > 0 ? view.capacity(type) / weight : 0;
  }

  /** Of those that are known. */
  private static double meanSpeed(WorkerView[] views, String type) {
    double sum = 0;
    int known = 0;
    for (WorkerView view : views) {
      double speed = speed(view, type);
      sum += speed;
      known += speed > 0 ? 1 : 0;
    }
    return known == 0 ? 0 : sum / known;
  }

  /** With most of them new, as after a start of everything, nobody could take the others' work. */
  private static boolean fewAreNew(WorkerView[] views, String type, Rule rule, long now) {
    int cold = 0;
    for (WorkerView view : views) {
      cold += warmth(view, type, rule, now) < 1 ? 1 : 0;
    }
    return 2 * cold <= views.length;
  }

  /** From its first success; should it get none for so long, from one such time after it joined. */
  private static double warmth(WorkerView view, String type, Rule rule, long now) {
    long since = view.joinedAt + rule.slowStart();
    if (view.warmSince != 0) {
      since = Math.min(since, view.warmSince);
    }
    long readmitted = view.readmittedAt(type);
    if (readmitted != 0) {
      since = Math.max(since, readmitted);
    }
    return Math.max(0, Math.min(1, (now - since) / (double) rule.slowStart()));
  }

  /** Whether the difference is worth new pickers. */
  static boolean differ(WorkerView[] views, String type, double[] before, double[] now) {
    for (int i = 0; i < now.length; i++) {
      // Who is warm gets all of its share, however little was missing.
      double all = views[i].weight(views[i].pool(type));
      boolean whole = now[i] == all && before[i] != now[i];
      if (whole || Math.abs(now[i] - before[i]) > NOTICED * before[i]) {
        return true;
      }
    }
    return false;
  }
}
