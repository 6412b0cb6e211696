package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A run in which hardly anything happened breaks no promise, and proves none. */
class TooLittleTest extends WrittenHistory {
  @Test
  void a_run_without_enough_tasks_proves_nothing() {
    change(Kind.RUN, "", line -> line.text(line.text().replace("tasks=2", "tasks=3")));
    tooLittle("2 tasks were accepted, of 3");
  }

  @Test
  void a_door_that_takes_nothing_in_proves_nothing() {
    add(Chaos.CALLERS, Kind.UP);
    submitted("c-task", 3, "http");
    succeeded("c-task");
    tooLittle("0 tasks were accepted through event-bus, of at least 1");
    submitted("d-task", 4, "event-bus");
    succeeded("d-task");
    assertEquals(List.of(), verdict().tooLittle());
  }

  @Test
  void nor_one_that_takes_hardly_anything() {
    change(Kind.RUN, "", line -> line.text(line.text().replace("tasks=2", "tasks=240")));
    add(Chaos.CALLERS, Kind.UP);
    for (int i = 0; i < 240; i++) {
      String task = "task-" + i;
      submitted(task, 100 + i, i < 3 ? "http" : i < 20 ? "event-bus" : "front");
      succeeded(task);
    }
    tooLittle("3 tasks were accepted through http, of at least 4");
  }

  @Test
  void a_fault_without_effect_proves_nothing() {
    lines.removeIf(line -> line.kind() == Kind.DOWN);
    tooLittle("0 kills took effect, of 1");
  }

  @Test
  void a_run_without_faults_proves_nothing() {
    change(Kind.RUN, "", line -> line.text(line.text().replace("kills=1", "kills=0")));
    lines.removeIf(line -> line.kind() == Kind.FAULT || line.kind() == Kind.DOWN);
    tooLittle("there was no fault, and none was planned");
  }

  @Test
  void says_what_it_skipped_and_proves_the_rest() {
    change(
        Kind.RUN, "", line -> line.text(line.text() + " skipped=cuts, 2 wanted: no x=1 skipped=y"));
    assertEquals(List.of("cuts, 2 wanted: no x=1", "y"), verdict().skipped());
    assertEquals(List.of(), verdict().tooLittle());
  }

  @Test
  void long_pauses_that_hit_nothing_prove_nothing() {
    frozen(9);
    tooLittle("no long pause hit a task");
  }

  @Test
  void one_that_took_a_task_from_its_node_is_enough() {
    start("c-task", 1, "node-3");
    frozen(9);
    start("c-task", 2, "node-2");
    assertEquals(List.of(), verdict().tooLittle());
  }

  @Test
  void but_it_must_be_its_node() {
    start("c-task", 1, "node-1");
    frozen(9);
    start("c-task", 2, "node-2");
    tooLittle("no long pause hit a task");
  }

  @Test
  void short_ones_need_not_hit_anything() {
    frozen(7);
    assertEquals(List.of(), verdict().tooLittle());
  }

  /** The third node is, and the second one sees it. */
  private void frozen(int seconds) {
    change(Kind.RUN, "", line -> line.text(line.text() + Detection.USUAL.text()));
    add("node-3", Kind.FAULT).text("pause");
    now += seconds * 1_000_000L;
    add("node-2", Kind.VIEW).number(2);
    add("node-3", Kind.THAW);
  }

  @Test
  void kills_that_hit_nothing_prove_nothing() {
    lines.removeIf(line -> line.attempt() == 2 && line.kind() != Kind.OUTCOME);
    lines.removeIf(line -> line.kind() == Kind.OUTCOME && line.task().equals(TASK));
    outcome("reader", TASK, 1, "succeeded 1 node-1");
    tooLittle("no kill hit a task");
  }

  @Test
  void a_run_that_was_cut_short_proves_nothing() {
    lines.removeIf(line -> line.kind() == Kind.END);
    tooLittle("the run was cut short");
  }

  @Test
  void a_run_that_broke_off_lost_nothing_by_that() {
    lines.removeIf(line -> line.kind() == Kind.END || line.kind() == Kind.OUTCOME);
    add(Timeline.CLUSTER, Kind.BROKEN).text("node-1 is not back");
    tooLittle("the run broke off, with 2 tasks open: node-1 is not back");
    assertEquals(0, verdict().lost());
    assertEquals(0, verdict().finished());
  }

  @Test
  void but_what_it_had_broken_before_is_broken() {
    add("front", Kind.ACCEPT).task(TASK, 0).number(9);
    add(Timeline.CLUSTER, Kind.BROKEN).text("node-1 is not back");
    found("one-id-for-two");
  }

  @Test
  void an_empty_history_proves_nothing() {
    lines.clear();
    assertEquals(3, verdict().exitCode());
  }

  @Test
  void a_violation_counts_more_than_too_little() {
    lines.removeIf(line -> line.kind() == Kind.END || line.kind() == Kind.OUTCOME);
    assertFalse(verdict().tooLittle().isEmpty());
    assertEquals(1, verdict().exitCode());
  }
}
