package io.dispatcher.node.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The faults of a history, and how soon what they cut short was started again. */
final class Timeline {
  /** Of these, tasks whose owner was killed: somebody has to adopt them first. */
  static final String OWNER_KILL = "kill_of_owner";

  /** Of cuts, those of single links: who is to go is settled later than elsewhere. */
  static final String LINK_CUT = "cut_of_link";

  /** Of cuts, all others. */
  static final String NODE_CUT = "cut_of_node";

  /**
   * Apart from cuts: nobody had a majority while the network was cut, and nothing could be started.
   * Timed from the heal.
   */
  static final String NO_MAJORITY = "cut_without_majority";

  /** What is done to all nodes. */
  static final String CLUSTER = "cluster";

  /** Between the names of nodes to whom one fault is done. */
  static final String AND = ",";

  /**
   * A fault that is not over.
   *
   * @param noticed whether some node sees others than before
   */
  private record Open(FaultClass kind, boolean ofLink, long since, boolean noticed) {
    Open seen() {
      return new Open(kind, ofLink, since, true);
    }
  }

  private final Hits hits = new Hits();
  private final Map<String, List<Long>> restarts = new TreeMap<>();

  /** Of tasks that only waited when the fault came: how long depends on how many did. */
  private final Map<String, List<Long>> firstStarts = new TreeMap<>();

  private final Map<FaultClass, Integer> effective = new EnumMap<>(FaultClass.class);
  private final Map<FaultClass, Integer> unnoticed = new EnumMap<>(FaultClass.class);

  /** Of a run that looked at what the nodes see of each other; null of an older one. */
  private @Nullable Detection detection;

  private final Map<String, Open> open = new HashMap<>();
  private final List<Span> spans = new ArrayList<>();

  /** When nodes ended by themselves. */
  private final List<Line> ends = new ArrayList<>();

  /** In these times whoever waits may wait for a slot. */
  private final List<long[]> crowded = new ArrayList<>();

  private final Copies copies = new Copies();
  private int rereplicating;
  private boolean pausedLong;

  void nodes(int count) {
    copies.nodes(count);
  }

  void detection(Detection set) {
    detection = set;
  }

  void fault(Line line) {
    String word = line.text().split(" ", 2)[0];
    if (word.equals(NO_MAJORITY)) {
      long begun =
          open.values().stream()
              .filter(fault -> fault.kind() == FaultClass.CUT)
              .mapToLong(Open::since)
              .min()
              .orElse(line.micros());
      // What was taken before that may not have been due yet.
      long due = TimeUnit.MILLISECONDS.toMicros(Detection.USUAL.linkBound().toMillis());
      add(FaultClass.CUT, List.of(word), line, begun - due);
    }
    for (FaultClass kind : FaultClass.values()) {
      if (kind.word().equals(word)) {
        add(kind, keys(kind, line.text()), line, line.micros());
        copies.fault(kind, line);
        rereplicating += line.number() == 1 ? 1 : 0;
        open.put(line.node(), new Open(kind, Cut.isOfLink(line.text()), line.micros(), false));
      }
    }
  }

  private static List<String> keys(FaultClass kind, String text) {
    return kind != FaultClass.CUT
        ? List.of(kind.word())
        : List.of(kind.word(), Cut.isOfLink(text) ? LINK_CUT : NODE_CUT);
  }

  private void add(FaultClass kind, List<String> keys, Line line, long since) {
    for (String node : line.node().split(AND)) {
      hits.add(new Hits.Fault(kind, keys, node, line.micros(), since));
    }
  }

  /** A process has ended or goes on: the last fault on its node was one. */
  void tookEffect(Line line) {
    copies.over(line, detection);
    Open fault = open.remove(line.node());
    if (fault != null) {
      boolean lasted = line.kind() == Line.Kind.THAW && lastedLong(fault, line.micros());
      boolean none = lasted && !fault.noticed();
      (none ? unnoticed : effective).merge(fault.kind(), 1, Integer::sum);
      pausedLong |= lasted && !none && fault.kind() == FaultClass.PAUSE;
      spans.add(new Span(fault.kind(), line.node(), fault.since(), line.micros()));
    } else if (line.kind() == Line.Kind.DOWN) {
      ends.add(line);
    }
  }

  /**
   * The key of times from when a front first hears that others go on without the node: they may
   * start what it had.
   */
  static String sinceRemoval(FaultClass kind) {
    return kind.word() + "_since_removal";
  }

  /** A node goes on without another one. */
  void removed(Line line) {
    hits.removed(line.text(), line.micros());
    Hits.Fault newest = hits.newest(line.text(), line.micros());
    if (newest != null && newest.silences()) {
      noticed();
    }
  }

  /** Some node sees others than before: that is due to what is on. */
  void noticed() {
    open.replaceAll((who, fault) -> fault.seen());
  }

  /** Whether every node must have noticed it, and somebody must have started what it took. */
  private boolean lastedLong(Open fault, long ended) {
    Detection set = detection;
    if (set == null || (fault.kind() != FaultClass.PAUSE && fault.kind() != FaultClass.CUT)) {
      return false;
    }
    Duration noticedBy = fault.ofLink() ? set.linkBound() : set.bound();
    return ended - fault.since() > TimeUnit.MILLISECONDS.toMicros(noticedBy.toMillis());
  }

  /** Faults that lasted long enough for every node to notice, and that none did. */
  Map<FaultClass, Integer> unnoticed() {
    return unnoticed;
  }

  /** Whether a node was frozen for so long that others must have started what it had. */
  boolean pausedLong() {
    return pausedLong;
  }

  /**
   * Whether in this time there was no fault that can keep the owner of a task from driving it.
   *
   * @param node that owns it; null if any may
   */
  boolean calm(@Nullable String node, long from, long to) {
    return spans.stream().noneMatch(span -> span.concerns(node) && span.touches(from, to))
        && open.values().stream().noneMatch(fault -> fault.since() <= to);
  }

  /** Whether the network was whole in this time, and its nodes had met again. */
  boolean uncut(long from, long to) {
    return spans.stream().noneMatch(span -> span.kind() == FaultClass.CUT && span.touches(from, to))
        && open.values().stream()
            .noneMatch(fault -> fault.kind() == FaultClass.CUT && fault.since() <= to);
  }

  /** In this time more tasks were open than the nodes run within a few seconds. */
  void crowded(long from, long to) {
    crowded.add(new long[] {from, to});
  }

  /**
   * How much of this time is neither in a fault nor so shortly behind one that what it took need
   * not have been started again, nor so crowded that everybody has to wait.
   */
  long calmMicros(long from, long to) {
    return outside(from, to, Span::overcome);
  }

  /** How much of this time is not in a fault, nor crowded. */
  private long faultlessMicros(long from, long to) {
    return outside(from, to, Span::to);
  }

  private long outside(long from, long to, ToLongFunction<Span> until) {
    List<long[]> ordered = new ArrayList<>(crowded);
    spans.forEach(span -> ordered.add(new long[] {span.from(), until.applyAsLong(span)}));
    open.values().forEach(fault -> ordered.add(new long[] {fault.since(), to}));
    ordered.sort(Comparator.comparingLong(span -> span[0]));
    long calm = 0;
    long at = from;
    for (long[] span : ordered) {
      calm += Math.max(0, Math.min(span[0], to) - at);
      at = Math.max(at, span[1]);
    }
    return calm + Math.max(0, to - at);
  }

  /**
   * Whether an attempt may have lost its node in this time.
   *
   * @param node null if any may have had it
   */
  boolean mayHaveTaken(@Nullable String node, long from, long to) {
    return spans.stream().anyMatch(span -> span.mayHaveTaken(node, from, to))
        || open.entrySet().stream()
            .map(e -> new Span(e.getValue().kind(), e.getKey(), e.getValue().since(), to))
            .anyMatch(span -> span.mayHaveTaken(node, from, to))
        || ends.stream()
            .filter(end -> node == null || end.node().equals(node))
            .anyMatch(end -> end.micros() >= from && end.micros() <= to);
  }

  /** When a node was first killed in this time; -1 if it was not. */
  long killed(String node, long after, long upTo) {
    return hits.killed(node, after, upTo);
  }

  /** Finds to what each later start of a task is due. */
  void starts(Seen task) {
    long before = 0;
    String ranOn = null;
    for (Seen.Start start : task.starts) {
      if (start.attempt() > 1 && !task.isRetry(start)) {
        restarted(task, start, before, ranOn);
      }
      before = start.micros();
      ranOn = start.node();
    }
  }

  private void restarted(Seen task, Seen.Start start, long before, @Nullable String ranOn) {
    String lost = task.lostNode(start.attempt());
    long since = Math.max(before, task.acceptedAt);
    // Nobody saw the attempt before this one start: it cannot have been lost before it was raised.
    long raised = task.raisedAt(start.attempt() - 1);
    String node = lost != null ? lost : ranOn;
    Hits.Fault fault = hits.of(node, Math.max(since, raised), start.micros());
    if (fault == null && raised > since) {
      fault = hits.of(node, since, start.micros());
    }
    if (fault == null) {
      // The owner's successor need not have told why.
      fault = hits.of(task.owner, since, start.micros());
    }
    if (fault != null) {
      long took = start.micros() - fault.micros();
      Map<String, List<Long>> times = ranOn == null ? firstStarts : restarts;
      fault.keys().forEach(key -> add(times, key, took));
      long removed = removal(fault, task.owner, start.micros());
      if (removed >= 0) {
        add(times, sinceRemoval(fault.kind()), start.micros() - removed);
      }
      if (fault.kind() == FaultClass.KILL && fault.node().equals(task.owner)) {
        add(times, OWNER_KILL, took);
      }
    }
  }

  /**
   * When the others went on without the node, or else without the owner, as they do not with every
   * end of a link that is cut; -1 if they did not before this start, as a lease had lapsed or
   * nobody could go on.
   */
  private long removal(Hits.Fault fault, @Nullable String owner, long start) {
    if (!fault.silences() || !fault.keys().contains(fault.kind().word())) {
      return -1;
    }
    long ofNode = hits.removal(fault.node(), fault.micros(), start);
    return ofNode >= 0 || !hits.also(fault, owner)
        ? ofNode
        : hits.removal(owner, fault.micros(), start);
  }

  private static void add(Map<String, List<Long>> times, String kind, long micros) {
    times.computeIfAbsent(kind, key -> new ArrayList<>()).add(micros);
  }

  /**
   * Whether a fault beyond the backups may have taken a task, or its outcome. One that had been
   * open for long before, apart from other faults, is not lost by it: it was left lying.
   *
   * @param longest that a task may take from its acceptance, or the end of a fault, on
   */
  boolean mayBeLost(Seen task, long longest) {
    long ended = Math.min(task.settledAt, task.toldEndedAt());
    return copies.beyond().stream()
        .filter(fault -> fault >= task.acceptedAt)
        .anyMatch(fault -> ended <= fault || faultlessMicros(task.acceptedAt, fault) <= longest);
  }

  /** When the first fault beyond the backups since then began; the end of time if none did. */
  long firstBeyondBackups(long since) {
    return copies.beyond().stream()
        .mapToLong(Long::longValue)
        .filter(fault -> fault >= since)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Whether there was a fault beyond the backups in this time. */
  boolean beyondBackupsBetween(long from, long to) {
    return copies.beyond().stream().anyMatch(fault -> fault >= from && fault <= to);
  }

  /** Faults that began while more copies were gone than there are backups, with their own. */
  int beyondBackups() {
    return copies.beyond().size();
  }

  /** Faults that began while not all copies were there. */
  int rereplicating() {
    return rereplicating;
  }

  /** Faults that were seen to take effect. */
  Map<FaultClass, Integer> faults() {
    Map<FaultClass, Integer> all = new EnumMap<>(FaultClass.class);
    for (FaultClass kind : FaultClass.values()) {
      all.put(kind, effective.getOrDefault(kind, 0));
    }
    return all;
  }

  /** Of tasks that had begun. */
  Map<String, Verdict.Restarts> restarts() {
    return told(restarts);
  }

  /** Of tasks that were accepted, and had not begun. */
  Map<String, Verdict.Restarts> firstStarts() {
    return told(firstStarts);
  }

  private static Map<String, Verdict.Restarts> told(Map<String, List<Long>> times) {
    Map<String, Verdict.Restarts> all = new TreeMap<>();
    times.forEach((kind, micros) -> all.put(kind, Verdict.Restarts.of(micros)));
    return all;
  }
}
