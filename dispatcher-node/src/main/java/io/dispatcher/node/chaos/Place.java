package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNode;
import io.dispatcher.node.RunFailed;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where one process of a run stands, one after the other under the same name. Thread-safe. */
final class Place {
  /** Begins the line of a process that ended, or stayed, although nobody wanted it to. */
  static final String UNCALLED = "uncalled: ";

  private static final Duration NOTICE = Duration.ofSeconds(30);

  final int index;
  final String name;
  private final Consumer<Line> history;
  private int processes;
  private @Nullable ChildNode child;
  private boolean up;

  /** Whether one of its processes could be used. */
  private boolean everUp;

  /** Whether the end of its newest process was noticed, if there is one. */
  private boolean down = true;

  private boolean over;
  private @Nullable String calledToEnd;

  /** When the attempt before the newest one began here: that one may be of a cancelled task. */
  private long secondNewestStart;

  private long newestStart;

  /** Tasks that its processes submitted, and whose outcomes they were not shown. */
  private Set<String> open = new HashSet<>();

  Place(int index, String name, Consumer<Line> history) {
    this.index = index;
    this.name = name;
    this.history = history;
  }

  /** Counts the processes that were here before. */
  synchronized int nextProcess() {
    return processes++;
  }

  /** This process is here from now on. */
  void follow(ChildNode next) {
    synchronized (this) {
      child = next;
      down = false;
      calledToEnd = null;
    }
    next.onExit(code -> ended(next, code));
  }

  /** Its process can be used, or could until it ended a moment ago. */
  void up() {
    synchronized (this) {
      up = !down;
      everUp = true;
    }
    history.accept(Line.of(name, Kind.UP));
  }

  synchronized boolean isUp() {
    return up;
  }

  /** Its process is going to end, for this reason. */
  synchronized void callToEnd(String why) {
    calledToEnd = why;
  }

  /** What ends from now on ends with the run. */
  synchronized void over() {
    over = true;
  }

  synchronized void accepted(String task) {
    open.add(task);
  }

  synchronized void shown(String task) {
    open.remove(task);
  }

  synchronized void started(long micros) {
    secondNewestStart = newestStart;
    newestStart = micros;
  }

  /** Whether more than one attempt has begun here since then. */
  synchronized boolean startedSince(long micros) {
    return secondNewestStart >= micros;
  }

  /** What nobody waits for any more, as its process has ended. */
  synchronized List<String> orphans() {
    List<String> orphans = List.copyOf(open);
    open = new HashSet<>();
    return orphans;
  }

  private void ended(ChildNode which, int code) {
    String why;
    synchronized (this) {
      if (child != which || over) {
        return;
      }
      up = false;
      down = true;
      notifyAll();
      why = calledToEnd != null ? calledToEnd : uncalled(which, code);
    }
    history.accept(Line.of(name, Kind.DOWN).text(why));
  }

  /** What could never be used, its port being taken, say, breaks no promise: there is no run. */
  private String uncalled(ChildNode which, int code) {
    return everUp || which.hasAnswered()
        ? UNCALLED + "ended by itself, exit code " + code
        : "could not be started, exit code " + code;
  }

  /** The end of a process is noticed on another thread. */
  synchronized void awaitDown() throws InterruptedException {
    long end = System.nanoTime() + NOTICE.toNanos();
    while (!down) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        throw new RunFailed("the end of " + name + " was not noticed");
      }
      wait(left);
    }
  }
}
