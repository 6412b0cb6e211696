package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StandstillTest {
  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final long SOON = 1_000_000;
  private static final long LATE = 9_000_000;
  private static final Set<Integer> ALL = Set.of(0, 1, 2);

  @Test
  void nobody_alone_is_a_majority() {
    assertEquals(ALL, standstill(3, Cut.all(3)).waiting());
  }

  @Test
  void callers_behind_the_nodes_make_none() {
    assertEquals(ALL, standstill(3, Cut.all(4)).waiting());
  }

  @Test
  void two_of_three_who_reach_each_other_are_one() {
    assertEquals(Set.of(), standstill(3, Cut.apart(3, Set.of(0))).waiting());
    assertEquals(Set.of(), standstill(3, Cut.mute(3, 0)).waiting());
    assertEquals(Set.of(), standstill(3, Cut.deaf(3, 0)).waiting());
    assertEquals(Set.of(), standstill(3, Cut.pair(0, 1)).waiting());
    assertEquals(Set.of(), standstill(3, Cut.oneWay(0, 1)).waiting());
    assertEquals(Set.of(), standstill(5, Cut.apart(5, Set.of(0, 4))).waiting());
  }

  @Test
  void a_death_while_the_cut_is_on_takes_it_away_and_the_dead_one_waits_too() {
    Standstill standstill = standstill(3, Cut.apart(3, Set.of(0)));
    standstill.died(List.of(1), SOON);
    assertEquals(ALL, standstill.waiting());
  }

  @Test
  void both_ways_count_between_those_who_are_left() {
    Standstill standstill = standstill(3, Cut.mute(3, 0));
    standstill.died(List.of(1), SOON);
    assertEquals(ALL, standstill.waiting());
  }

  @Test
  void a_death_of_the_one_who_was_cut_off_does_not() {
    Standstill standstill = standstill(3, Cut.apart(3, Set.of(0)));
    standstill.died(List.of(0), SOON);
    assertEquals(Set.of(), standstill.waiting());
  }

  @Test
  void of_five_two_may_die_on_one_side_only_if_nobody_was_cut_off() {
    Standstill alone = standstill(5, Cut.apart(5, Set.of(0)));
    alone.died(List.of(1), SOON);
    assertEquals(Set.of(), alone.waiting());
    alone.died(List.of(2), SOON);
    assertEquals(Set.of(0, 1, 2, 3, 4), alone.waiting());
  }

  @Test
  void one_who_is_away_from_the_beginning_counts_with_nobody() {
    Cut cut = Cut.apart(3, Set.of(0));
    assertEquals(ALL, new Standstill(3, cut, List.of(2), 0, PATIENCE).waiting());
  }

  @Test
  void what_a_majority_had_the_time_to_start_does_not_wait_for_the_heal() {
    Standstill standstill = standstill(3, Cut.apart(3, Set.of(0)));
    standstill.died(List.of(1), LATE);
    assertEquals(Set.of(1, 2), standstill.waiting());
  }

  private static Standstill standstill(int nodes, Cut cut) {
    return new Standstill(nodes, cut, List.of(), 0, PATIENCE);
  }
}
