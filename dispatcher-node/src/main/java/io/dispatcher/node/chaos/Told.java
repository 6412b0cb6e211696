package io.dispatcher.node.chaos;

import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What those were told who asked how a task stands. */
final class Told {
  /** When it was first told as ended; the end of time if it never was. */
  long endedAt = Long.MAX_VALUE;

  /** The state in which it was told as ended, and another one if there was one. */
  @Nullable String end;

  @Nullable String otherEnd;

  /** When somebody asked last of those who were told that it has not ended, and the answer. */
  long openAsked;

  long openAnswered;

  /** Whether somebody was told that there is no such task. */
  @Nullable String gone;

  /** For how long it waited for nothing that anybody could name, in one go. */
  long longestIdle;

  long idleUntil;

  private final List<Line> lines = new ArrayList<>(2);
  private int idleAttempt;
  private long idleSince = -1;

  /** A line of one asker; his lines come nearly in the order of their answers. */
  void status(Line line) {
    lines.add(line);
    String[] words = line.text().split(" ", 2);
    String state = words[0];
    if (state.equals(Asker.STALE)) {
      return;
    }
    if (state.equals(Asker.UNKNOWN) || state.equals(TaskState.REMOVED.text())) {
      gone = state;
      return;
    }
    boolean waiting = state.equals(TaskState.WAITING.text());
    if (waiting || state.equals(TaskState.RUNNING.text())) {
      if (line.number() > openAsked) {
        openAsked = line.number();
        openAnswered = line.micros();
      }
    } else {
      endedAt = Math.min(endedAt, line.micros());
      end = end == null ? state : end;
      otherEnd = end.equals(state) ? otherEnd : state;
    }
    idle(line, waiting && words.length == 1);
  }

  /** What was told before then. */
  Told before(long micros) {
    Told told = new Told();
    lines.stream().filter(line -> line.micros() < micros).forEach(told::status);
    return told;
  }

  private void idle(Line line, boolean idle) {
    if (!idle) {
      idleSince = -1;
    } else if (idleSince < 0 || idleAttempt != line.attempt()) {
      idleSince = line.micros();
      idleAttempt = line.attempt();
    } else if (line.number() - idleSince > longestIdle) {
      longestIdle = line.number() - idleSince;
      idleUntil = line.number();
    }
  }
}
