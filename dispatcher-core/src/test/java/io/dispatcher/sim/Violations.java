package io.dispatcher.sim;

import io.dispatcher.ledger.TaskRef;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The first violations of each promise in a run, each with the task it is about. */
final class Violations {

  private static final int MOST = 20;

  private final SimWorld world;
  private final List<Violation> all = new ArrayList<>();
  private final Map<Promise, Integer> counts = new EnumMap<>(Promise.class);

  Violations(SimWorld world) {
    this.world = world;
  }

  void add(Promise promise, Story story, String what) {
    add(promise, story.task == null ? "" : world.labels().of(story.task), story.label + " " + what);
  }

  void add(Promise promise, TaskRef task, String what) {
    add(promise, world.labels().of(task), what);
  }

  private void add(Promise promise, String task, String what) {
    world.simulation().trace("checker", "VIOLATION %s %s %s", promise, task, what);
    if (counts.merge(promise, 1, Integer::sum) <= MOST) {
      all.add(new Violation(world.simulation().now(), promise, task, what));
    }
  }

  /** An exception that nobody caught, which has a trace of its own. */
  void escaped(String error) {
    add(Promise.NO_EXCEPTION, "", "an exception escaped: " + error);
  }

  List<Violation> all() {
    return all;
  }
}
