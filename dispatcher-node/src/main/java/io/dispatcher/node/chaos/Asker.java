package io.dispatcher.node.chaos;

import io.dispatcher.cluster.NewestMap;
import io.dispatcher.node.chaos.Line.Kind;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.WaitingReason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks all the time how tasks stand that were accepted through this process, each time through any
 * of its doors, and writes down what it is told: of the oldest without an outcome, and of some that
 * have one or not. Hears all that is written down here, to know them. Thread-safe.
 */
final class Asker implements Consumer<Line>, AutoCloseable {
  /** What is told of a task that nobody knows. */
  static final String UNKNOWN = "unknown";

  /** What begins an answer that may be out of date, and says so. */
  static final String STALE = "stale";

  private static final long TURN_MILLIS = 200;
  private static final int EACH_TURN = 3;
  private static final int MOST_ENDED = 500;
  private static final int AT_ONCE = 100;

  /** A way to ask, and its name. */
  record Door(String name, TaskClient client) {}

  private final List<Door> doors;
  private final Consumer<Line> history;
  private final Random random = new Random();
  private final Semaphore room = new Semaphore(AT_ONCE);
  private final Set<String> open = new LinkedHashSet<>();
  private final Map<String, Boolean> ended = new NewestMap<>(MOST_ENDED);
  private final ScheduledExecutorService clock = Clocks.daemon("asker");

  Asker(List<Door> doors, Consumer<Line> history) {
    this.doors = List.copyOf(doors);
    this.history = history;
  }

  void start() {
    clock.scheduleWithFixedDelay(this::turn, TURN_MILLIS, TURN_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public synchronized void accept(Line line) {
    if (line.kind() == Kind.ACCEPT && !ended.containsKey(line.task())) {
      open.add(line.task());
    } else if (line.kind() == Kind.OUTCOME) {
      ended(line.task());
    }
  }

  /** Its handle may have failed: then nobody else hears that it has ended. */
  private synchronized void ended(String task) {
    open.remove(task);
    ended.put(task, true);
  }

  private void turn() {
    chosen().forEach(this::ask);
  }

  private synchronized Set<String> chosen() {
    Set<String> chosen = new LinkedHashSet<>();
    open.stream().findFirst().ifPresent(chosen::add);
    List<String> all = new ArrayList<>(open);
    all.addAll(ended.keySet());
    for (int i = 1; i < EACH_TURN && !all.isEmpty(); i++) {
      chosen.add(all.get(random.nextInt(all.size())));
    }
    return chosen;
  }

  /** Who gets no answer, or an error, was told nothing. */
  private void ask(String task) {
    if (!room.tryAcquire()) {
      return;
    }
    Door door = doors.get(random.nextInt(doors.size()));
    long asked = Line.now();
    door.client()
        .find(TaskId.of(task))
        .whenComplete(
            (status, error) -> {
              room.release();
              if (error == null) {
                history.accept(told(door.name(), task, status).number(asked));
                if (status.map(TaskStatus::state).filter(TaskState::isFinal).isPresent()) {
                  ended(task);
                }
              }
            });
  }

  private static Line told(String door, String task, Optional<TaskStatus> status) {
    Line line = Line.of(door, Kind.STATUS);
    return status
        .map(now -> line.task(task, now.attempt()).text(text(now)))
        .orElseGet(() -> line.task(task, 0).text(UNKNOWN));
  }

  private static String text(TaskStatus status) {
    WaitingReason waiting = status.waiting();
    String state = status.state().text();
    return (status.stale() ? STALE + " " : "")
        + state
        + (waiting == null ? "" : " " + waiting.text());
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
