package io.dispatcher.node.chaos;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which fault it was that took what a node had. */
final class Hits {
  /**
   * A fault, or that an end of one lets others start.
   *
   * @param keys by which the times from it are told
   * @param since what was taken from then on nobody could start before; of a fault its own time
   */
  record Fault(FaultClass kind, List<String> keys, String node, long micros, long since) {
    /** Nobody could start anything before, whatever had taken it. */
    private boolean isStandstill() {
      return since < micros;
    }

    /** Others may not notice it at once. */
    boolean silences() {
      return kind == FaultClass.PAUSE || kind == FaultClass.CUT;
    }
  }

  /** Others go on without a node. */
  private record Removal(String node, long micros) {}

  private final List<Fault> faults = new ArrayList<>();
  private final List<Removal> removals = new ArrayList<>();

  void add(Fault fault) {
    faults.add(fault);
  }

  void removed(String node, long micros) {
    removals.add(new Removal(node, micros));
  }

  /**
   * The fault that took what a node had since then: the first one that ended its process, or after
   * which the others went on without it. What a node does after that it does as another one. If
   * there was none such, the newest: it need not have been removed for its lease to lapse.
   *
   * @param after 0 if nobody knows since when it had that: then it is the newest too
   */
  @Nullable Fault of(@Nullable String node, long after, long upTo) {
    if (after == 0) {
      return newest(node, upTo);
    }
    List<Fault> all =
        faults.stream()
            .filter(fault -> fault.node().equals(node))
            .filter(fault -> fault.micros() >= after && fault.micros() <= upTo)
            .toList();
    List<Fault> own = all.stream().filter(fault -> !fault.isStandstill()).toList();
    Fault hit = first(own, upTo);
    long begun = hit == null ? Long.MAX_VALUE : hit.micros();
    return all.stream()
        .filter(fault -> fault.isStandstill() && begun >= fault.since())
        .findFirst()
        .orElse(hit);
  }

  private @Nullable Fault first(List<Fault> own, long upTo) {
    for (int i = 0; i < own.size(); i++) {
      Fault fault = own.get(i);
      long next = i + 1 < own.size() ? own.get(i + 1).micros() : upTo;
      if (!fault.silences() || removal(fault.node(), fault.micros(), next) >= 0) {
        return fault;
      }
    }
    return own.isEmpty() ? null : own.get(own.size() - 1);
  }

  /** The newest fault of a node. */
  @Nullable Fault newest(@Nullable String node, long upTo) {
    Fault newest = null;
    for (Fault fault : faults) {
      newest = fault.node().equals(node) && fault.micros() <= upTo ? fault : newest;
    }
    return newest;
  }

  /** Whether the same fault was done to this node too. */
  boolean also(Fault fault, @Nullable String node) {
    return faults.stream().anyMatch(f -> f.micros() == fault.micros() && f.node().equals(node));
  }

  /** When others first went on without a node; -1 if they did not in this time. */
  long removal(@Nullable String node, long after, long upTo) {
    return removals.stream()
        .filter(removal -> removal.node().equals(node))
        .mapToLong(Removal::micros)
        .filter(micros -> micros > after && micros <= upTo)
        .min()
        .orElse(-1);
  }

  /** When a node was first killed in this time; -1 if it was not. */
  long killed(String node, long after, long upTo) {
    return faults.stream()
        .filter(fault -> fault.kind() == FaultClass.KILL && fault.node().equals(node))
        .mapToLong(Fault::micros)
        .filter(micros -> micros > after && micros <= upTo)
        .min()
        .orElse(-1);
  }
}
