package io.dispatcher.node.chaos;

import io.dispatcher.node.chaos.Namespaces.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/**
 * A shape in which a network falls apart.
 *
 * @param what for people
 * @param ways that are cut
 */
public record Cut(String what, List<Way> ways) {

  /** Copies the list. */
  public Cut {
    ways = List.copyOf(ways);
  }

  /** These nodes, who still reach each other, and the rest do not. */
  public static Cut apart(int nodes, Set<Integer> some) {
    return of(
        nodes,
        new TreeSet<>(some) + " | the rest",
        (from, to) -> some.contains(from) != some.contains(to));
  }

  /** No node reaches any other. */
  public static Cut all(int nodes) {
    return of(nodes, "all alone", (from, to) -> true);
  }

  /** Two nodes do not reach each other; everybody else reaches both. */
  public static Cut pair(int one, int other) {
    return new Cut(one + " x " + other, List.of(new Way(one, other), new Way(other, one)));
  }

  /** A node hears the others, and none of them hears it. */
  public static Cut mute(int nodes, int node) {
    return of(nodes, node + " is mute", (from, to) -> from == node);
  }

  /** The others hear a node, and it hears none of them. */
  public static Cut deaf(int nodes, int node) {
    return of(nodes, node + " is deaf", (from, to) -> to == node);
  }

  /** What one node sends does not reach the other. */
  public static Cut oneWay(int from, int to) {
    return new Cut(from + " -> " + to, List.of(new Way(from, to)));
  }

  private static Cut of(int nodes, String what, BiPredicate<Integer, Integer> cut) {
    List<Way> ways = new ArrayList<>();
    for (int from = 0; from < nodes; from++) {
      for (int to = 0; to < nodes; to++) {
        if (from != to && cut.test(from, to)) {
          ways.add(new Way(from, to));
        }
      }
    }
    return new Cut(what, ways);
  }

  /** One of the shapes. */
  public static Cut draw(int nodes, Random random) {
    int one = random.nextInt(nodes);
    int other = (one + 1 + random.nextInt(nodes - 1)) % nodes;
    return switch (random.nextInt(nodes > 3 ? 7 : 6)) {
      case 0 -> apart(nodes, Set.of(one));
      case 1 -> pair(one, other);
      case 2 -> mute(nodes, one);
      case 3 -> deaf(nodes, one);
      case 4 -> oneWay(one, other);
      case 5 -> all(nodes);
      default -> apart(nodes, Set.of(one, other));
    };
  }
}
