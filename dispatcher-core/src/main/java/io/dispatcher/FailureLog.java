package io.dispatcher;

import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.Failure;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What attempts of this front's tasks failed with lately, one group per type and error. Confined to
 * the front's loop.
 */
final class FailureLog {

  private static final int MOST = 100;
  private static final int MOST_SHOWN = 50;
  private static final long SHOWN_FOR_MILLIS = 3_600_000;

  private record Key(String type, String error) {}

  private static final class Group {
    private long count;
    private String message = "";
    private TaskRef last;
    private long lastMillis;

    Group(TaskRef last) {
      this.last = last;
    }
  }

  /** The group that was added to least lately goes first. */
  private final Map<Key, Group> groups =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Group> eldest) {
          return size() > MOST;
        }
      };

  void add(OwnedTask task, Failure failure, long wallMillis) {
    Group group =
        groups.computeIfAbsent(
            new Key(task.profile.type(), failure.type()), key -> new Group(task.ref()));
    group.count++;
    group.message = failure.message();
    group.last = task.ref();
    group.lastMillis = wallMillis;
  }

  /** Most frequent first. */
  List<ClusterView.FailureGroup> view(long wallMillis) {
    return groups.entrySet().stream()
        .filter(entry -> wallMillis - entry.getValue().lastMillis < SHOWN_FOR_MILLIS)
        .map(entry -> group(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(ClusterView.FailureGroup::count).reversed())
        .limit(MOST_SHOWN)
        .toList();
  }

  private static ClusterView.FailureGroup group(Key key, Group group) {
    return new ClusterView.FailureGroup(
        key.type(),
        key.error(),
        group.message,
        group.count,
        group.last.id().text(),
        group.lastMillis);
  }
}
