package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CopiesTest {
  private static final String NODE = "node-1";

  private final Copies copies = new Copies();
  private long now;

  // ---------------------------------------------------------------- of how many nodes

  @Test
  void one_death_of_three_harms_nothing_and_a_second_one_may() {
    kill(0);
    assertEquals(List.of(), copies.beyond());
    long second = kill(1);
    assertEquals(List.of(second), copies.beyond());
  }

  @Test
  void two_of_five_harm_nothing_and_a_third_one_may() {
    copies.nodes(5);
    kill(0);
    kill(1);
    assertEquals(List.of(), copies.beyond());
    long third = kill(1);
    assertEquals(List.of(third), copies.beyond());
  }

  @Test
  void it_begins_anew_once_all_copies_are_there() {
    kill(0);
    kill(0);
    assertEquals(List.of(), copies.beyond());
    long third = kill(1);
    long fourth = kill(1);
    assertEquals(List.of(third, fourth), copies.beyond());
  }

  @Test
  void deaths_at_once_count_together() {
    copies.nodes(5);
    fault("node-1", FaultClass.KILL, 0, "kill");
    fault("node-2", FaultClass.KILL, 0, "kill");
    down("node-1");
    down("node-2");
    long third = kill(1);
    assertEquals(List.of(third), copies.beyond());
  }

  @Test
  void a_leave_takes_none_and_does_not_show_that_all_are_there() {
    kill(0);
    fault("node-2", FaultClass.LEAVE, 0, "leave");
    down("node-2");
    assertEquals(List.of(), copies.beyond());
    long second = kill(1);
    assertEquals(List.of(second), copies.beyond());
  }

  // ---------------------------------------------------------------- how long

  @Test
  void a_node_that_was_silent_for_a_short_time_keeps_its_copies() {
    pause(0, 3);
    kill(1);
    assertEquals(List.of(), copies.beyond());
  }

  @Test
  void and_takes_none_with_it_after_a_death() {
    kill(0);
    pause(1, 3);
    assertEquals(List.of(), copies.beyond());
  }

  @Test
  void one_that_may_have_been_removed_does() {
    kill(0);
    long pause = pause(1, 5);
    assertEquals(List.of(pause), copies.beyond());
  }

  @Test
  void so_does_one_that_ends_instead() {
    kill(0);
    long pause = fault("node-2", FaultClass.PAUSE, 1, "pause");
    down("node-2");
    assertEquals(List.of(pause), copies.beyond());
  }

  // ---------------------------------------------------------------- cuts

  @Test
  void a_death_while_a_cut_is_on_counts_with_it_if_copies_were_missing() {
    fault(NODE, FaultClass.CUT, 0, "cut node-1 | the rest");
    long death = kill(1);
    thaw(NODE, 20);
    assertEquals(List.of(death), copies.beyond());
  }

  @Test
  void if_none_was_missing_it_excuses_nothing() {
    fault(NODE, FaultClass.CUT, 0, "cut node-1 | the rest");
    kill(0);
    thaw(NODE, 20);
    assertEquals(List.of(), copies.beyond());
  }

  @Test
  void a_cut_takes_what_its_smaller_side_has() {
    assertEquals(1, Cut.removes("cut " + Cut.apart(3, Set.of(1)).what(), 3));
    assertEquals(2, Cut.removes("cut " + Cut.apart(5, Set.of(1, 4)).what(), 5));
    assertEquals(1, Cut.removes("cut " + Cut.apart(3, Set.of(0, 1)).what(), 3));
    assertEquals(1, Cut.removes("cut node-2, callers | the rest", 5));
    assertEquals(2, Cut.removes("cut " + Cut.all(5).what(), 5));
    assertEquals(1, Cut.removes("cut " + Cut.pair(0, 1).what(), 5));
    assertEquals(1, Cut.removes("cut " + Cut.mute(5, 0).what(), 5));
  }

  // ---------------------------------------------------------------- tools

  private long kill(long number) {
    long at = fault("node-3", FaultClass.KILL, number, "kill");
    down("node-3");
    return at;
  }

  private long pause(long number, int seconds) {
    long at = fault(NODE, FaultClass.PAUSE, number, "pause");
    thaw(NODE, seconds);
    return at;
  }

  private long fault(String node, FaultClass kind, long number, String how) {
    now += 1_000;
    copies.fault(kind, new Line(now, node, Kind.FAULT, "", 0, number, how));
    return now;
  }

  private void down(String node) {
    now += 1_000;
    copies.over(new Line(now, node, Kind.DOWN, "", 0, 0, "killed"), Detection.USUAL);
  }

  private void thaw(String node, int seconds) {
    now += seconds * 1_000_000L;
    copies.over(new Line(now, node, Kind.THAW, "", 0, 0, ""), Detection.USUAL);
  }
}
