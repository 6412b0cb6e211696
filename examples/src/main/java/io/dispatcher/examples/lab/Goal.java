package io.dispatcher.examples.lab;

import java.util.List;

/**
 * A figure, and between what it has to be.
 *
 * @param least itself is enough
 * @param most itself is not too much
 */
record Goal(String what, double seen, double least, double most) {

  static Goal atMost(String what, double seen, double most) {
    return new Goal(what, seen, Double.NEGATIVE_INFINITY, most);
  }

  static Goal atLeast(String what, double seen, double least) {
    return new Goal(what, seen, least, Double.POSITIVE_INFINITY);
  }

  /**
   * @param off how far it may be away, as a part of what is expected
   */
  static Goal near(String what, double seen, double expected, double off) {
    return new Goal(what, seen, expected * (1 - off), expected * (1 + off));
  }

  /** What is no number meets nothing. */
  boolean met() {
    return seen >= least && seen <= most;
  }

  String row() {
    String bounds =
        least == Double.NEGATIVE_INFINITY
            ? String.format("at most %.3f", most)
            : most == Double.POSITIVE_INFINITY
                ? String.format("at least %.3f", least)
                : String.format("from %.3f to %.3f", least, most);
    return String.format("%-6s %-60s %8.3f  %s", met() ? "met" : "MISSED", what, seen, bounds);
  }

  /** What the program ends with: 1 if any of them is missed. */
  static int exitCode(List<Goal> goals) {
    return goals.stream().allMatch(Goal::met) ? 0 : 1;
  }
}
