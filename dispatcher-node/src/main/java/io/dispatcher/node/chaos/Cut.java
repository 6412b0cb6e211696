package io.dispatcher.node.chaos;

import io.dispatcher.node.chaos.Namespaces.Way;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A shape in which a network falls apart.
 *
 * @param what for people
 * @param ways that are cut
 */
public record Cut(String what, List<Way> ways) {
  private static final Pattern NODE = Pattern.compile("node-\\d");
  private static final String REST = " | the rest";
  private static final String ALL_ALONE = "all alone";
  private static final String PAIR = " x ";
  private static final String ONE_WAY = " -> ";

  /** Copies the list. */
  public Cut {
    ways = List.copyOf(ways);
  }

  /** These nodes, who still reach each other, and the rest do not. */
  public static Cut apart(int nodes, Set<Integer> some) {
    return apart(nodes, some, names(some));
  }

  private static Cut apart(int nodes, Set<Integer> some, String who) {
    return of(nodes, who + REST, (from, to) -> some.contains(from) != some.contains(to));
  }

  private static String names(Set<Integer> some) {
    return new TreeSet<>(some).stream().map(Chaos::name).collect(Collectors.joining(", "));
  }

  /** No node reaches any other. */
  public static Cut all(int nodes) {
    return of(nodes, ALL_ALONE, (from, to) -> true);
  }

  /** Two nodes do not reach each other; everybody else reaches both. */
  public static Cut pair(int one, int other) {
    return new Cut(
        Chaos.name(one) + PAIR + Chaos.name(other),
        List.of(new Way(one, other), new Way(other, one)));
  }

  /** A node hears the others, and none of them hears it. */
  public static Cut mute(int nodes, int node) {
    return of(nodes, Chaos.name(node) + " is mute", (from, to) -> from == node);
  }

  /** The others hear a node, and it hears none of them. */
  public static Cut deaf(int nodes, int node) {
    return of(nodes, Chaos.name(node) + " is deaf", (from, to) -> to == node);
  }

  /** What one node sends does not reach the other. */
  public static Cut oneWay(int from, int to) {
    return new Cut(Chaos.name(from) + ONE_WAY + Chaos.name(to), List.of(new Way(from, to)));
  }

  /**
   * Live nodes without a majority: no group of more than half of all that reach each other both
   * ways has them. As a record has as many copies as make a majority, such a node gets none
   * acknowledged.
   */
  Set<Integer> minority(int nodes, Collection<Integer> dead) {
    Set<Integer> apart = live(nodes, dead);
    majorities(nodes, dead).forEach(apart::removeAll);
    return apart;
  }

  /** Groups of live nodes, more than half of all, that reach each other both ways. */
  Stream<Set<Integer>> majorities(int nodes, Collection<Integer> dead) {
    Set<Integer> live = live(nodes, dead);
    return IntStream.range(0, 1 << nodes)
        .filter(bits -> 2 * Integer.bitCount(bits) > nodes)
        .mapToObj(bits -> IntStream.range(0, nodes).filter(node -> (bits & 1 << node) != 0))
        .map(group -> group.boxed().collect(Collectors.toSet()))
        .filter(group -> live.containsAll(group) && !isCut(group));
  }

  private boolean isCut(Set<Integer> group) {
    return ways.stream().anyMatch(way -> group.contains(way.from()) && group.contains(way.to()));
  }

  /** Whether a node hears so many of those that live that it may take them for a majority. */
  boolean hearsMajority(int node, int nodes, Collection<Integer> dead) {
    Set<Integer> heard = live(nodes, dead);
    ways.stream().filter(way -> way.to() == node).forEach(way -> heard.remove(way.from()));
    return 2 * heard.size() > nodes;
  }

  private static Set<Integer> live(int nodes, Collection<Integer> dead) {
    Set<Integer> live = new TreeSet<>();
    IntStream.range(0, nodes).filter(node -> !dead.contains(node)).forEach(live::add);
    return live;
  }

  /** Whether the shape of this name is a pair or one way between two nodes. */
  static boolean isOfLink(String what) {
    return what.contains(PAIR) || what.contains(ONE_WAY);
  }

  /**
   * How many nodes the others may go on without, in the shape of this name. Where all are alone
   * nobody goes on, and a minority may come last to those who meet again.
   */
  static int removes(String what, int nodes) {
    if (what.endsWith(ALL_ALONE)) {
      return nodes / 2;
    }
    if (!what.endsWith(REST)) {
      return 1;
    }
    int some = (int) NODE.matcher(what).results().count();
    return Math.min(some, nodes - some);
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
    return draw(nodes, 0, random);
  }

  /**
   * One of the shapes.
   *
   * @param others who come behind the nodes: each is on some side where there are sides
   */
  static Cut draw(int nodes, int others, Random random) {
    int all = nodes + others;
    int one = random.nextInt(nodes);
    int other = (one + 1 + random.nextInt(nodes - 1)) % nodes;
    return switch (random.nextInt(nodes > 3 ? 7 : 6)) {
      case 0 -> apart(nodes, others, Set.of(one), random);
      case 1 -> pair(one, other);
      case 2 -> mute(all, one);
      case 3 -> deaf(all, one);
      case 4 -> oneWay(one, other);
      case 5 -> all(all);
      default -> apart(nodes, others, Set.of(one, other), random);
    };
  }

  private static Cut apart(int nodes, int others, Set<Integer> some, Random random) {
    Set<Integer> side = new TreeSet<>(some);
    for (int i = 0; i < others; i++) {
      if (random.nextBoolean()) {
        side.add(nodes + i);
      }
    }
    String who = names(some) + (side.size() > some.size() ? ", " + Chaos.CALLERS : "");
    return apart(nodes + others, side, who);
  }
}
