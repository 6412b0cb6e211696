package io.dispatcher.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Virtual time and chance: one seed, one thread, one queue of events. Two runs with the same seed
 * and the same code do the same, event by event.
 *
 * <p>Chance comes from named streams, each derived from the seed alone, so that one more draw in
 * the network does not change the load. Events of the same nanosecond run in the order they were
 * scheduled.
 *
 * <p>Not thread-safe.
 */
public final class Simulation {

  private static final int TRACE_LINES = 40_000;

  /** 2026-01-01T00:00:00Z, where every run starts. */
  private static final long WALL_START = 1_767_225_600_000L;

  private final long seed;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final ArrayDeque<Line> trace = new ArrayDeque<>();
  private final TreeMap<String, Integer> counts = new TreeMap<>();
  private final List<String> errors = new ArrayList<>();
  private long now;
  private long wallStart = WALL_START;
  private long sequence;
  private long executed;

  public Simulation(long seed) {
    this.seed = seed;
  }

  public long seed() {
    return seed;
  }

  /** Virtual nanoseconds since the start. */
  public long now() {
    return now;
  }

  /** Virtual wall-clock milliseconds since 1970. */
  public long wallMillis() {
    return wallStart + now / 1_000_000;
  }

  /** Puts all wall clocks forward; nobody's timers notice. */
  public void putForward(long millis) {
    wallStart += millis;
  }

  /** A new stream of random numbers; the same seed and name give the same stream. */
  public RandomGenerator random(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return new SplittableRandom(seed * 0x9e3779b97f4a7c15L + hash).split();
  }

  /** Schedules an event; 0 or less: at once, after what is already scheduled for now. */
  public Event after(long nanos, Runnable action) {
    Event event = new Event(now + Math.max(0, nanos), sequence++, action);
    events.add(event);
    return event;
  }

  /**
   * Runs events until the condition holds or the time is reached. The condition is looked at after
   * every event.
   *
   * @param deadline virtual nanoseconds since the start
   * @return whether the condition holds
   */
  public boolean runUntil(BooleanSupplier condition, long deadline) {
    while (!condition.getAsBoolean()) {
      Event next = events.peek();
      if (next == null || next.at > deadline) {
        now = Math.max(now, deadline);
        return false;
      }
      events.poll();
      Runnable action = next.action;
      if (action != null) {
        now = next.at;
        executed++;
        action.run();
      }
    }
    return true;
  }

  /** Runs for this long. */
  public void run(long nanos) {
    runUntil(() -> false, now + nanos);
  }

  /** Events that ran so far: two runs of one seed must agree. */
  public long executed() {
    return executed;
  }

  // What happened

  /**
   * Notes what happened. Rendered only when the trace is read, so the arguments must not change.
   *
   * @param node whose doing it is
   * @param what a {@link String#format} pattern
   */
  public void trace(String node, String what, Object... args) {
    if (trace.size() == TRACE_LINES) {
      trace.poll();
    }
    trace.add(new Line(now, node, what, args));
  }

  /** The trace, oldest line first, as far as it was kept. */
  public List<String> trace() {
    return trace(line -> true);
  }

  /** The lines of the trace that pass. */
  public List<String> trace(Predicate<String> filter) {
    List<String> lines = new ArrayList<>();
    for (Line line : trace) {
      String text = line.toString();
      if (filter.test(text)) {
        lines.add(text);
      }
    }
    return lines;
  }

  /** Counts one effect of a fault. */
  public void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  /** How often each fault took effect. */
  public Map<String, Integer> counts() {
    return counts;
  }

  /** Reports an exception that nothing may let escape: the code under test is wrong. */
  public void error(String node, Throwable error) {
    StringBuilder text = new StringBuilder(node).append(" threw ").append(error);
    for (StackTraceElement frame : error.getStackTrace()) {
      if (frame.getClassName().startsWith("io.dispatcher.sim.Simulation")) {
        break;
      }
      text.append("\n        at ").append(frame);
    }
    if (error.getCause() != null) {
      text.append("\n        cause ").append(error.getCause());
    }
    errors.add(text.toString());
    trace(node, "ERROR %s", error);
  }

  /** The exceptions that escaped. */
  public List<String> errors() {
    return errors;
  }

  /** Something that happens at a moment, unless it is cancelled before. */
  public static final class Event implements Comparable<Event> {
    private final long at;
    private final long sequence;
    private Runnable action;

    Event(long at, long sequence, Runnable action) {
      this.at = at;
      this.sequence = sequence;
      this.action = action;
    }

    /** It will not happen; without effect if it has. */
    public void cancel() {
      action = null;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  private record Line(long at, String node, String what, Object[] args) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%10.6f  %-8s ", at / 1e9, node)
          + (args.length == 0 ? what : String.format(Locale.ROOT, what, args));
    }
  }
}
