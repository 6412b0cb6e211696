package io.dispatcher;

import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it hears, as text, for tests to wait on. */
final class RecordingListener implements DispatchListener {

  final List<String> events = new CopyOnWriteArrayList<>();

  boolean heard(String start) {
    return events.stream().anyMatch(event -> event.startsWith(start));
  }

  long count(String start) {
    return events.stream().filter(event -> event.startsWith(start)).count();
  }

  @Override
  public void accepted(TaskId id, String type) {
    events.add("accepted " + type);
  }

  @Override
  public void started(TaskId id, int attempt, String node) {
    events.add("started " + attempt);
  }

  @Override
  public void settled(TaskId id, int attempt, TaskState state) {
    events.add("settled " + state + " " + attempt);
  }

  @Override
  public void retried(TaskId id, int nextAttempt, Failure cause) {
    events.add("retried " + nextAttempt + " " + cause.message());
  }

  @Override
  public void reissued(TaskId id, int nextAttempt, String lostNode) {
    events.add("reissued " + nextAttempt + " " + lostNode);
  }

  @Override
  public void fenced(TaskId id, int attempt) {
    events.add("fenced " + attempt);
  }

  @Override
  public void refused(String type, TaskRefused refusal) {
    events.add("refused " + type + " " + refusal.reason());
  }

  @Override
  public void workerJoined(String node) {
    events.add("joined " + node);
  }

  @Override
  public void workerLeft(String node) {
    events.add("left " + node);
  }
}
