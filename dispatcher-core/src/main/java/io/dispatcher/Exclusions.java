package io.dispatcher;

import io.dispatcher.balance.Pick;
import org.jspecify.annotations.Nullable;

/** Whom a task avoids if another worker can take it. Confined to the front's loop. */
final class Exclusions {

  private final OwnedTask task;
  private final WorkersSnapshot workers;

  /** Then it is enough that another one gets it than the one that lost it. */
  private final boolean failedByAll;

  private final boolean suspect;
  private final boolean oneTry;

  Exclusions(OwnedTask task, WorkersSnapshot workers) {
    this.task = task;
    this.workers = workers;
    this.failedByAll = failedByAll(task, workers);
    this.suspect = task.suspect();
    this.oneTry = oneTry(task, workers);
  }

  /** Excludes from a pick whom the task avoids. */
  static void exclude(OwnedTask task, WorkersSnapshot workers, Pick pick) {
    boolean suspect = task.suspect();
    boolean oneTry = oneTry(task, workers);
    if (!task.avoids() && !suspect && !oneTry) {
      return;
    }
    boolean failedByAll = failedByAll(task, workers);
    for (int i = 0; i < workers.size(); i++) {
      if (why(i, task, workers, failedByAll, suspect, oneTry) != null) {
        pick.exclude(i);
      }
    }
  }

  private static boolean failedByAll(OwnedTask task, WorkersSnapshot workers) {
    if (!task.avoids()) {
      return false;
    }
    for (int i = 0; i < workers.size(); i++) {
      if (!task.avoids(workers.name(i))) {
        return false;
      }
    }
    return true;
  }

  /** Its one try is not to be spent on finding out about a worker. */
  private static boolean oneTry(OwnedTask task, WorkersSnapshot workers) {
    return workers.anyEjected() && task.profile.retries() == 0;
  }

  /** Why it avoids the worker, in words; null if it does not. */
  @Nullable String why(int i) {
    return why(i, task, workers, failedByAll, suspect, oneTry);
  }

  /** Without an object for it: picks do not allocate. */
  private static @Nullable String why(
      int i,
      OwnedTask task,
      WorkersSnapshot workers,
      boolean failedByAll,
      boolean suspect,
      boolean oneTry) {
    String node = workers.name(i);
    if (failedByAll ? task.lostBy(node) : task.avoids(node)) {
      return "failed or lost an attempt of this task";
    }
    if (suspect && workers.view(i).suspects > 0) {
      return "has a task already that nodes may have died of";
    }
    return oneTry && workers.needsProbe(i)
        ? "is being tried again, and this task has one try only"
        : null;
  }
}
