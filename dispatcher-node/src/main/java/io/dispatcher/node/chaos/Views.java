package io.dispatcher.node.chaos;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What nodes see of each other, to be compared: a fault that changes nothing of it, however long it
 * lasts, was none.
 *
 * @param byNode what each node saw; those that could not be asked are missing
 */
record Views(Map<String, View> byNode) {

  /** Copies the map. */
  Views {
    byNode = Map.copyOf(byNode);
  }

  /** What has changed, as lines of a history; who could not be asked at both times says nothing. */
  List<Line> changedTo(Views now) {
    List<Line> lines = new ArrayList<>();
    now.byNode.forEach(
        (node, view) -> {
          View before = byNode.get(node);
          if (before != null && !before.equals(view)) {
            lines.add(Line.of(node, Kind.VIEW).number(view.workers()).text(view.reason()));
          }
        });
    return lines;
  }
}
