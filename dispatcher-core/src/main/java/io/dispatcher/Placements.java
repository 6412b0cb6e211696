package io.dispatcher;

import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.Placement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why tasks that asked went where they did; of so many, the last ones. They outlive the tasks: a
 * short one has ended before anybody can ask. Confined to the front's loop.
 */
final class Placements {

  static final int MOST = 500;

  private final Map<TaskRef, Placement> last = new LinkedHashMap<>();

  void put(TaskRef task, Placement placement) {
    last.remove(task);
    last.put(task, placement);
    if (last.size() > MOST) {
      last.remove(last.keySet().iterator().next());
    }
  }

  @Nullable Placement of(TaskRef task) {
    return last.get(task);
  }
}
