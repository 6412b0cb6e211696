package io.dispatcher.node.chaos;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts how many copies of a record faults may have taken since all were there. What was recorded
 * outlives as many of them as there are backups: only a fault beyond these may lose anything.
 */
final class Copies {
  /** Of histories that do not say how many nodes there were. */
  private static final int USUAL_NODES = 3;

  private final List<Loss> losses = new ArrayList<>();
  private int nodes = USUAL_NODES;

  /** How often all copies were there before a fault. */
  private int whole;

  /** When the faults began that went beyond the backups; null if that has to be found anew. */
  private @Nullable List<Long> beyond;

  /**
   * A fault and what it takes.
   *
   * @param whole how often all copies had been there before
   * @param unsafe whether some were missing as it began, by what live nodes said
   * @param copies of one record, at most
   * @param over whether it has ended
   */
  private record Loss(
      int whole, boolean unsafe, String who, long micros, int copies, boolean over) {
    Loss end(boolean harmless) {
      return new Loss(whole, unsafe, who, micros, harmless ? 0 : copies, true);
    }
  }

  void nodes(int count) {
    nodes = count;
  }

  /** A fault begins. */
  void fault(FaultClass kind, Line line) {
    int copies = copies(kind, line.text());
    // A leave says nothing of them, and nobody may have noticed yet what is still on.
    boolean unsafe = line.number() == 1;
    if (!unsafe && kind != FaultClass.LEAVE && losses.stream().allMatch(Loss::over)) {
      whole++;
    }
    if (copies > 0) {
      losses.add(new Loss(whole, unsafe, line.node(), line.micros(), copies, false));
      beyond = null;
    }
  }

  /** A node that leaves waits until its copies are elsewhere. */
  private int copies(FaultClass kind, String how) {
    return switch (kind) {
      case KILL, PAUSE -> 1;
      case LEAVE, ROLLING -> 0;
      case CUT -> Cut.removes(how, nodes);
    };
  }

  /**
   * A process has ended or goes on.
   *
   * @param detection null if nobody knows it
   */
  void over(Line line, @Nullable Detection detection) {
    beyond = null;
    losses.replaceAll(
        loss ->
            !loss.over() && loss.who().equals(line.node())
                ? loss.end(isHarmless(line, loss, detection))
                : loss);
  }

  /** Nobody removes a node that is silent for too short a time, and so it keeps what it has. */
  private static boolean isHarmless(Line line, Loss loss, @Nullable Detection detection) {
    Duration lasted = Duration.of(line.micros() - loss.micros(), ChronoUnit.MICROS);
    return line.kind() == Line.Kind.THAW && detection != null && !detection.mayRemove(lasted);
  }

  /** When the faults began that may have lost what had been recorded before. */
  List<Long> beyond() {
    List<Long> found = beyond;
    if (found == null) {
      found = find();
      beyond = found;
    }
    return found;
  }

  private List<Long> find() {
    List<Long> found = new ArrayList<>();
    int since = -1;
    int taken = 0;
    for (Loss loss : losses) {
      taken = loss.copies() + (loss.whole() == since ? taken : 0);
      since = loss.whole();
      if (loss.unsafe() && loss.copies() > 0 && taken > nodes / 2) {
        found.add(loss.micros());
      }
    }
    return List.copyOf(found);
  }
}
