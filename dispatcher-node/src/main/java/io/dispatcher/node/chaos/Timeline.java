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

  /** So long after the end of a fault owners may still change. */
  private static final long AFTERMATH_MICROS = 10_000_000;

  /** A task that is older has long ended when a fault comes. */
  private static final long LONGEST_LIFE_MICROS = 60_000_000;

  /**
   * A fault, or that an end of one lets others start.
   *
   * @param keys by which the times from it are told
   */
  private record Fault(FaultClass kind, List<String> keys, String node, long micros) {}

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

  /** From the beginning of a fault to its end. */
  private record Span(FaultClass kind, String who, long from, long to) {
    /** What is done to the network or to all nodes, one after the other, concerns everybody. */
    boolean concerns(@Nullable String node) {
      return node == null
          || kind == FaultClass.CUT
          || kind == FaultClass.ROLLING
          || who.equals(node);
    }

    /** Whether it, or its aftermath, falls into this time. */
    boolean touches(long begin, long end) {
      return from <= end && to + AFTERMATH_MICROS >= begin;
    }
  }

  /** Others go on without a node. */
  private record Removal(String node, long micros) {}

  private final List<Fault> faults = new ArrayList<>();
  private final List<Removal> removals = new ArrayList<>();
  private final Map<String, List<Long>> restarts = new TreeMap<>();

  /** Of tasks that only waited when the fault came: how long depends on how many did. */
  private final Map<String, List<Long>> firstStarts = new TreeMap<>();

  private final Map<FaultClass, Integer> effective = new EnumMap<>(FaultClass.class);
  private final Map<FaultClass, Integer> unnoticed = new EnumMap<>(FaultClass.class);

  /** Of a run that looked at what the nodes see of each other; null of an older one. */
  private @Nullable Detection detection;

  private final Map<String, Open> open = new HashMap<>();
  private final List<Span> spans = new ArrayList<>();
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
      add(FaultClass.CUT, List.of(word), line);
    }
    for (FaultClass kind : FaultClass.values()) {
      if (kind.word().equals(word)) {
        add(kind, keys(kind, line.text()), line);
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

  private void add(FaultClass kind, List<String> keys, Line line) {
    for (String node : line.node().split(AND)) {
      faults.add(new Fault(kind, keys, node, line.micros()));
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
    removals.add(new Removal(line.text(), line.micros()));
    Fault hit = last(line.text(), 0, line.micros());
    if (hit != null && silences(hit)) {
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

  /** How much of this time is neither in a fault nor shortly behind one. */
  long calmMicros(long from, long to) {
    List<Span> ordered = new ArrayList<>(spans);
    open.forEach((who, fault) -> ordered.add(new Span(fault.kind(), who, fault.since(), to)));
    ordered.sort(Comparator.comparingLong(Span::from));
    long calm = 0;
    long at = from;
    for (Span span : ordered) {
      calm += Math.max(0, Math.min(span.from(), to) - at);
      at = Math.max(at, span.to() + AFTERMATH_MICROS);
    }
    return calm + Math.max(0, to - at);
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
    long since = Math.max(before, task.accepted() ? task.acceptedAt : 0);
    Fault fault = last(lost != null ? lost : ranOn, since, start.micros());
    if (fault == null) {
      // The owner's successor need not have told why.
      fault = last(task.owner, Math.max(before, task.acceptedAt), start.micros());
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
  private long removal(Fault fault, @Nullable String owner, long start) {
    if (!silences(fault) || !fault.keys().contains(fault.kind().word())) {
      return -1;
    }
    long ofNode = firstRemoval(fault.node(), fault.micros(), start);
    boolean hitOwner =
        faults.stream().anyMatch(f -> f.micros() == fault.micros() && f.node().equals(owner));
    return ofNode >= 0 || !hitOwner ? ofNode : firstRemoval(owner, fault.micros(), start);
  }

  private static boolean silences(Fault fault) {
    return fault.kind() == FaultClass.PAUSE || fault.kind() == FaultClass.CUT;
  }

  private long firstRemoval(@Nullable String node, long after, long upTo) {
    return removals.stream()
        .filter(removal -> removal.node().equals(node))
        .mapToLong(Removal::micros)
        .filter(micros -> micros > after && micros <= upTo)
        .min()
        .orElse(-1);
  }

  private static void add(Map<String, List<Long>> times, String kind, long micros) {
    times.computeIfAbsent(kind, key -> new ArrayList<>()).add(micros);
  }

  private @Nullable Fault last(@Nullable String node, long after, long upTo) {
    for (int i = faults.size() - 1; i >= 0 && node != null; i--) {
      Fault fault = faults.get(i);
      if (fault.micros() < after) {
        return null;
      }
      if (fault.micros() <= upTo && fault.node().equals(node)) {
        return fault;
      }
    }
    return null;
  }

  /** Whether a fault beyond the backups may have hit a task that was accepted then. */
  boolean beyondBackupsAfter(long micros) {
    return beyondBackupsBetween(micros, micros + LONGEST_LIFE_MICROS);
  }

  /** Whether there was a fault beyond the backups since then. */
  boolean beyondBackupsSince(long micros) {
    return beyondBackupsBetween(micros, Long.MAX_VALUE);
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
