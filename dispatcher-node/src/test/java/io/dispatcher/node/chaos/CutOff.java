package io.dispatcher.node.chaos;

import io.dispatcher.node.chaos.Line.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A node was apart from every majority while a cut was on: whatever it wrote got too few copies, or
 * no answer. Times are by the clock of the history.
 *
 * @param since when that began
 * @param unheard since when it heard no majority either, and had to notice; -1 if it heard one to
 *     the end
 * @param noticed when it said that it has no majority; -1 if it never did
 * @param heals when the cut was about to end, or the node to die
 */
record CutOff(int node, long since, long unheard, long noticed, long heals) {

  /** What came before the cut may still be told: the answer is in the process already. */
  private static final long UNDER_WAY_MICROS = 2_000_000;

  private static long due(long since, Detection detection) {
    return since + TimeUnit.MILLISECONDS.toMicros(detection.bound().toMillis());
  }

  /** Whether it heard no majority for so long that it had to notice. */
  boolean mustNotice(Detection detection) {
    return unheard >= 0 && due(unheard, detection) < heals;
  }

  boolean inTime(Detection detection) {
    return noticed >= 0 && noticed <= due(unheard, detection);
  }

  /**
   * From when on it must acknowledge nothing at all, whether it says that it is cut off or not. The
   * others have removed it by then, and tell it nothing either.
   */
  long silentFrom(Detection detection) {
    long due = due(since, detection);
    return noticed < 0 ? due : Math.min(noticed, due);
  }

  /**
   * What it has acknowledged that takes a record. Before it is silent it may hear of the writes of
   * others, and accept once more what it had accepted; an outcome that was recorded before may be
   * shown at any time.
   */
  List<Line> acknowledged(Path history, Detection detection) {
    long silent = silentFrom(detection);
    long own = Math.min(silent, since + UNDER_WAY_MICROS);
    long told = unheard < 0 ? silent : Math.min(silent, unheard + UNDER_WAY_MICROS);
    Set<String> accepted = new HashSet<>();
    Set<String> settled = new HashSet<>();
    List<Line> all = new ArrayList<>();
    History.read(
        history,
        line -> {
          Kind kind = line.kind();
          if (kind == Kind.SETTLE && line.micros() <= told) {
            settled.add(line.task());
          } else if ((kind == Kind.ACCEPT || kind == Kind.REPEAT) && line.micros() <= own) {
            accepted.add(line.task());
          } else if (line.node().equals(Chaos.name(node))
              && line.micros() > from(kind, own, told)
              && line.micros() < heals) {
            all.add(line);
          }
          return true;
        });
    all.removeIf(
        line ->
            line.kind() == Kind.OUTCOME && settled.contains(line.task())
                || line.kind() == Kind.REPEAT
                    && line.micros() <= silent
                    && accepted.contains(line.task()));
    return all;
  }

  private static long from(Kind kind, long own, long told) {
    return switch (kind) {
      case ACCEPT, REPEAT, SAVE -> own;
      case SETTLE, OUTCOME -> told;
      default -> Long.MAX_VALUE;
    };
  }
}
