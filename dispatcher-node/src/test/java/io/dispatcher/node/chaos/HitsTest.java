package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.dispatcher.node.chaos.Line.Kind;
import org.junit.jupiter.api.Test;

/** Of several faults of a node one has taken what it had: from that on it is late. */
class HitsTest extends WrittenHistory {
  @Test
  void times_it_from_the_fault_that_hit_and_not_from_the_next_one_there() {
    started();
    killed("node-2");
    now += 9_000_000;
    killed("node-2");
    now += 500_000;
    startedAgain();
    assertEquals(2, verdict().restarts().get("kill").count());
    assertEquals(9_500, verdict().restarts().get("kill").max(), 10);
  }

  @Test
  void a_pause_from_which_a_node_came_back_has_taken_nothing() {
    started();
    add("node-2", Kind.FAULT).text("pause");
    now += 1_000_000;
    add("node-2", Kind.THAW);
    now += 5_000_000;
    killed("node-2");
    now += 600_000;
    startedAgain();
    assertEquals(600, verdict().restarts().get("kill").max(), 10);
    assertFalse(verdict().restarts().containsKey("pause"));
  }

  @Test
  void unless_the_others_went_on_without_it() {
    started();
    add("node-2", Kind.FAULT).text("pause");
    now += 6_000_000;
    add("node-3", Kind.REMOVED).text("node-2");
    add("node-2", Kind.THAW);
    now += 5_000_000;
    killed("node-2");
    now += 600_000;
    startedAgain();
    assertEquals(11_600, verdict().restarts().get("pause").max(), 10);
  }

  @Test
  void what_nobody_saw_start_was_lost_after_it_was_raised() {
    started();
    killed("node-3");
    killed("node-2");
    now += 1_000_000;
    add("front", Kind.REISSUE).task("c-task", 2).text("node-2");
    now += 5_000_000;
    killed("node-3");
    now += 700_000;
    add("front", Kind.REISSUE).task("c-task", 3).text("node-3");
    start("c-task", 3, "node-1");
    outcome("reader", "c-task", 3, "succeeded 3 node-1");
    assertEquals(700, verdict().restarts().get("kill").max(), 10);
  }

  @Test
  void of_what_nobody_knows_when_it_was_accepted_the_newest_fault_counts() {
    killed("node-3");
    now += 9_000_000;
    killed("node-3");
    now += 400_000;
    add("front", Kind.REISSUE).task("c-task", 2).text("node-3");
    start("c-task", 2, "node-1");
    assertEquals(400, verdict().firstStarts().get("kill").max(), 10);
  }

  private void started() {
    submitted("c-task", 3, "front");
    start("c-task", 1, "node-2");
  }

  private void startedAgain() {
    start("c-task", 2, "node-3");
    outcome("reader", "c-task", 2, "succeeded 2 node-3");
  }

  private void killed(String node) {
    add(node, Kind.FAULT).text("kill");
    add(node, Kind.DOWN).text("killed");
  }
}
