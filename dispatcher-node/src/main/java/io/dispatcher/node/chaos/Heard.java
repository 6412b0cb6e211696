package io.dispatcher.node.chaos;

import io.dispatcher.DispatchListener;
import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import java.util.function.Consumer;

/** Writes down what a dispatcher says it does. */
class Heard implements DispatchListener {
  private final String node;
  private final Consumer<Line> history;

  Heard(String node, Consumer<Line> history) {
    this.node = node;
    this.history = history;
  }

  @Override
  public void settled(TaskId id, int attempt, TaskState state) {
    history.accept(Line.of(node, Kind.SETTLE).task(id.text(), attempt).text(state.text()));
  }

  @Override
  public void reissued(TaskId id, int nextAttempt, String lostNode) {
    history.accept(Line.of(node, Kind.REISSUE).task(id.text(), nextAttempt).text(lostNode));
  }

  @Override
  public void workerLeft(String gone) {
    history.accept(Line.of(node, Kind.REMOVED).text(gone));
  }

  @Override
  public void fenced(TaskId id, int attempt) {
    history.accept(Line.of(node, Kind.FENCED).task(id.text(), attempt));
  }
}
