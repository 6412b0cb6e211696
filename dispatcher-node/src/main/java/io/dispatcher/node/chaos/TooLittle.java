package io.dispatcher.node.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Why a run proves nothing.
 *
 * @param plan what was to happen
 * @param timeline what did
 */
record TooLittle(Map<String, Long> plan, Timeline timeline) {
  /** Whatever was killed had nothing to do. */
  static final String NO_KILL_HIT = "no kill hit a task";

  List<String> tasks(long accepted) {
    long wanted = plan.getOrDefault("tasks", 1L);
    return accepted < wanted
        ? List.of("%,d tasks were accepted, of %,d".formatted(accepted, wanted))
        : List.of();
  }

  List<String> faults() {
    List<String> all = new ArrayList<>();
    boolean none = true;
    for (Map.Entry<FaultClass, Integer> fault : timeline.faults().entrySet()) {
      FaultClass kind = fault.getKey();
      long wanted = wanted(kind);
      if (fault.getValue() < wanted) {
        all.add("%d %s took effect, of %d".formatted(fault.getValue(), kind.option(), wanted));
      }
      none &= wanted == 0 && fault.getValue() == 0;
    }
    if (none) {
      all.add("there was no fault, and none was planned");
    }
    timeline
        .unnoticed()
        .forEach(
            (kind, count) ->
                all.add("%d %s lasted long, and no node noticed".formatted(count, kind.option())));
    boolean killed = timeline.faults().getOrDefault(FaultClass.KILL, 0) > 0;
    if (killed && !timeline.restarts().containsKey(FaultClass.KILL.word())) {
      all.add(NO_KILL_HIT);
    }
    // Of cuts nobody can tell: the node may have had nothing, and gets nothing more.
    String pause = FaultClass.PAUSE.word();
    if (timeline.pausedLong()
        && !timeline.restarts().containsKey(pause)
        && !timeline.firstStarts().containsKey(pause)) {
      all.add("no long pause hit a task");
    }
    return all;
  }

  private long wanted(FaultClass kind) {
    long alone = plan.getOrDefault(kind.option(), 0L);
    return kind != FaultClass.LEAVE
        ? alone
        : alone
            + plan.getOrDefault("nodes", 0L) * plan.getOrDefault(FaultClass.ROLLING.option(), 0L);
  }
}
