package io.dispatcher.sim;

import io.dispatcher.ledger.TaskRef;
import java.util.ArrayList;
import java.util.List;

/** The first violations of a run, each with the task it is about. */
final class Violations {

  private static final int MOST = 20;

  private final SimWorld world;
  private final List<Violation> all = new ArrayList<>();

  Violations(SimWorld world) {
    this.world = world;
  }

  void add(Story story, String what) {
    add(story.task == null ? "" : world.labels().of(story.task), story.label + " " + what);
  }

  void add(TaskRef task, String what) {
    add(world.labels().of(task), what);
  }

  private void add(String task, String what) {
    world.simulation().trace("checker", "VIOLATION %s %s", task, what);
    if (all.size() < MOST) {
      all.add(new Violation(world.simulation().now(), task, what));
    }
  }

  /** An exception that nobody caught, which has a trace of its own. */
  void escaped(String error) {
    all.add(new Violation(world.simulation().now(), "", "an exception escaped: " + error));
  }

  List<Violation> all() {
    return all;
  }
}
