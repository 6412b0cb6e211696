package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tasks that nodes die of: not set aside before the third death, and not started after it. */
class PoisonRuleTest extends WrittenHistory {
  private static final String DEADLY = "c-task";
  private static final List<String> NODES = List.of("node-2", "node-3", "node-1", "node-2");

  PoisonRuleTest() {
    now += 60_000_000;
    submitted(DEADLY, 3, "front");
  }

  // ---------------------------------------------------------------- too early

  @Test
  void three_deaths_set_it_aside() {
    dies(1, 2, 3);
    setAside(3);
    right();
    assertEquals(1, verdict().setAside());
  }

  @Test
  void three_starts_are_no_three_deaths() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    setAside(3);
    found("wrong-outcome");
    assertEquals(0, verdict().setAside());
  }

  @Test
  void a_node_that_leaves_in_time_takes_nothing_with_it() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    add("node-1", Kind.FAULT).text("leave");
    add("node-1", Kind.DOWN).text("left");
    setAside(3);
    found("wrong-outcome");
  }

  @Test
  void one_that_takes_long_to_leave_may() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    add("node-1", Kind.FAULT).text("leave");
    now += 25_000_000;
    add("node-1", Kind.DOWN).text("left");
    setAside(3);
    right();
  }

  @Test
  void a_node_that_is_frozen_may_be_removed() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    add("node-1", Kind.FAULT).text("pause");
    now += 8_000_000;
    setAside(3);
    add("node-1", Kind.THAW);
    right();
  }

  @Test
  void one_that_died_with_its_owner_may_have_run_although_nobody_saw_it() {
    add("node-1", Kind.FAULT).text("kill");
    add("node-1", Kind.DOWN).text("killed");
    dies(2, 3);
    setAside(3);
    right();
  }

  @Test
  void a_checkpoint_between_begins_the_count_anew() {
    dies(1);
    start(DEADLY, 2, "node-3");
    add("node-3", Kind.RESUME).task(DEADLY, 2);
    save(DEADLY, 2, "node-3", 1);
    kill("node-3");
    start(DEADLY, 3, "node-1");
    add("node-1", Kind.RESUME).task(DEADLY, 3).number(1);
    kill("node-1");
    setAside(3);
    found("wrong-outcome");
  }

  // ---------------------------------------------------------------- too late

  @Test
  void after_the_third_it_is_not_started_again() {
    dies(1, 2, 3);
    succeeds(4);
    found("not-set-aside");
  }

  @Test
  void after_the_second_it_is() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    outcome("reader", DEADLY, 3, "succeeded 3 node-1");
    right();
  }

  @Test
  void nor_if_it_finds_the_same_checkpoint_each_time() {
    start(DEADLY, 1, "node-2");
    save(DEADLY, 1, "node-2", 1);
    kill("node-2");
    for (int attempt = 2; attempt <= 3; attempt++) {
      start(DEADLY, attempt, node(attempt));
      add(node(attempt), Kind.RESUME).task(DEADLY, attempt).number(1);
      kill(node(attempt));
    }
    start(DEADLY, 4, node(4));
    add(node(4), Kind.RESUME).task(DEADLY, 4).number(1);
    outcome("reader", DEADLY, 4, "succeeded 4 node-2");
    found("not-set-aside");
  }

  @Test
  void one_that_gets_on_meets_as_many_deaths_as_there_are() {
    for (int attempt = 1; attempt <= 3; attempt++) {
      start(DEADLY, attempt, node(attempt));
      if (attempt > 1) {
        add(node(attempt), Kind.RESUME).task(DEADLY, attempt).number(attempt - 1);
      }
      save(DEADLY, attempt, node(attempt), attempt);
      kill(node(attempt));
    }
    start(DEADLY, 4, node(4));
    add(node(4), Kind.RESUME).task(DEADLY, 4).number(3);
    outcome("reader", DEADLY, 4, "succeeded 4 node-2");
    right();
  }

  @Test
  void what_had_failed_by_itself_before_the_node_died_is_no_death() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    add("node-1", Kind.FAIL).task(DEADLY, 3);
    kill("node-1");
    succeeds(4);
    right();
  }

  @Test
  void nor_is_what_was_given_to_others_before() {
    dies(1, 2);
    start(DEADLY, 3, "node-1");
    add("front", Kind.REISSUE).task(DEADLY, 4).text("node-1");
    kill("node-1");
    succeeds(4);
    right();
  }

  // ---------------------------------------------------------------- tools

  private static String node(int attempt) {
    return NODES.get(attempt - 1);
  }

  private void dies(int... attempts) {
    for (int attempt : attempts) {
      start(DEADLY, attempt, node(attempt));
      kill(node(attempt));
    }
  }

  private void kill(String node) {
    add(node, Kind.FAULT).text("kill");
    add(node, Kind.DOWN).text("killed");
    add(node, Kind.UP);
  }

  private void setAside(int attempt) {
    outcome("reader", DEADLY, attempt, SET_ASIDE);
  }

  private void succeeds(int attempt) {
    start(DEADLY, attempt, node(attempt));
    outcome("reader", DEADLY, attempt, "succeeded " + attempt + " " + node(attempt));
  }

  private void right() {
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
  }
}
