package io.dispatcher.node.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.node.chaos.Line.Kind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is done to more than one node: counted once, and what it promises is broken once here. */
class FaultClassTest {
  private static final String PLAN = "nodes=3 tasks=1 leaves=1 cuts=1 rolling=1";

  private final List<Line> lines = new ArrayList<>();
  private long now = 1_000_000;

  /** A cut, a leave, a rolling restart, and a thousand submits of a caller meanwhile. */
  FaultClassTest() {
    add(Timeline.CLUSTER, Kind.RUN, 0, PLAN);
    task("a", 1, "http");
    start("a", 1, "node-2");
    add("node-1,node-2", Kind.FAULT, 0, "cut node-1 x node-2");
    lines.add(new Line(now, "node-3", Kind.REISSUE, "a", 2, 0, "node-2"));
    now += 6_000_000;
    start("a", 2, "node-3");
    ends("a", 2, "node-3");
    add("node-1,node-2", Kind.THAW, 0, "");
    leaves("node-1");
    add(Timeline.CLUSTER, Kind.FAULT, 0, "rolling");
    for (int node = 1; node <= 3; node++) {
      leaves("node-" + node);
    }
    for (int i = 0; i < 1_000; i++) {
      add("http", Kind.SUBMIT, 1_000 + i, "");
    }
  }

  private void rolled() {
    add(Timeline.CLUSTER, Kind.THAW, 0, "");
    add(Timeline.CLUSTER, Kind.END, 0, "");
  }

  // ---------------------------------------------------------------- what is right

  @Test
  void each_counts_once() {
    rolled();
    Verdict verdict = verdict();
    assertEquals(Map.of(), verdict.violations());
    assertEquals(List.of(), verdict.tooLittle());
    assertEquals(1, verdict.faults().get(FaultClass.CUT));
    assertEquals(1, verdict.faults().get(FaultClass.ROLLING));
    assertEquals(4, verdict.faults().get(FaultClass.LEAVE));
    assertEquals(new Rolling.Figures(1_000, 0, 0, 0), verdict.rolling());
  }

  @Test
  void a_restart_is_timed_from_the_cut_of_its_node() {
    rolled();
    Verdict.Restarts restarts = verdict().restarts().get("cut");
    assertEquals(1, restarts.count());
    assertEquals(6_000, restarts.max(), 10);
  }

  @Test
  void where_nodes_tell_of_a_removal_a_restart_is_timed_from_that_too() {
    rolled();
    String key = Timeline.sinceRemoval(FaultClass.CUT);
    assertFalse(verdict().restarts().containsKey(key), "nobody was removed before the restart");
    task("b", 5, "http");
    start("b", 1, "node-2");
    add("node-1,node-2", Kind.FAULT, 0, "cut node-1 x node-2");
    now += 9_000_000;
    add("node-3", Kind.REMOVED, 0, "node-2");
    add("node-1", Kind.REMOVED, 0, "node-2");
    now += 1_000_000;
    start("b", 2, "node-1");
    ends("b", 2, "node-1");
    assertEquals(1, verdict().restarts().get(key).count());
    assertEquals(1_000, verdict().restarts().get(key).max(), 10);
    assertEquals(10_000, verdict().restarts().get("cut").max(), 10);
  }

  @Test
  void with_a_link_the_owner_may_be_the_one_who_is_removed() {
    rolled();
    task("b", 5, "node-1");
    start("b", 1, "node-2");
    add("node-1,node-2", Kind.FAULT, 0, "cut node-1 x node-2");
    now += 9_000_000;
    add("node-3", Kind.REMOVED, 0, "node-1");
    now += 2_000_000;
    start("b", 2, "node-3");
    ends("b", 2, "node-3");
    String key = Timeline.sinceRemoval(FaultClass.CUT);
    assertEquals(2_000, verdict().restarts().get(key).max(), 10);
  }

  @Test
  void the_end_of_an_owner_whom_the_fault_did_not_hit_is_no_removal() {
    rolled();
    task("b", 5, "node-1");
    start("b", 1, "node-2");
    add("node-2", Kind.FAULT, 0, "pause");
    now += 30_000_000;
    add("node-3", Kind.REMOVED, 0, "node-1");
    now += 1_000_000;
    start("b", 2, "node-3");
    ends("b", 2, "node-3");
    assertFalse(verdict().restarts().containsKey(Timeline.sinceRemoval(FaultClass.PAUSE)));
    assertEquals(31_000, verdict().restarts().get("pause").max(), 10);
  }

  @Test
  void what_nobody_could_start_is_timed_from_the_heal_and_counted_apart() {
    rolled();
    String cut = "node-1 | the rest";
    task("b", 5, "http");
    start("b", 1, "node-2");
    task("c", 6, "node-1");
    add("node-1,node-2,node-3", Kind.FAULT, 0, "cut " + cut);
    now += 7_000_000;
    start("c", 2, "node-3");
    ends("c", 2, "node-3");
    add("node-2", Kind.FAULT, 0, "kill");
    add("node-2", Kind.DOWN, 0, "killed");
    now += 9_000_000;
    add("node-2,node-3", Kind.FAULT, 0, Timeline.NO_MAJORITY + " " + cut);
    add("node-1,node-2,node-3", Kind.THAW, 0, "");
    now += 2_000_000;
    start("b", 2, "node-1");
    ends("b", 2, "node-1");
    Verdict verdict = verdict();
    assertEquals(2, verdict.faults().get(FaultClass.CUT));
    assertEquals(1, verdict.restarts().get("cut").count());
    assertEquals(1, verdict.restarts().get(Timeline.NO_MAJORITY).count());
    assertEquals(2_000, verdict.restarts().get(Timeline.NO_MAJORITY).max(), 10);
    assertEquals(1, verdict.firstStarts().get("cut").count());
    assertEquals(7_000, verdict.firstStarts().get("cut").max(), 10);
    assertFalse(verdict.restarts().containsKey("kill"));
  }

  @Test
  void all_alone_has_its_clock_begin_at_the_heal() {
    rolled();
    String cut = "all alone";
    task("b", 5, "node-2");
    add("node-1,node-2,node-3", Kind.FAULT, 0, "cut " + cut);
    now += 10_000_000;
    add("node-1,node-2,node-3", Kind.FAULT, 0, Timeline.NO_MAJORITY + " " + cut);
    add("node-1,node-2,node-3", Kind.THAW, 0, "");
    add("node-1", Kind.REMOVED, 0, "node-2");
    now += 1_000_000;
    start("b", 2, "node-1");
    ends("b", 2, "node-1");
    assertEquals(2, verdict().faults().get(FaultClass.CUT));
    assertEquals(Set.of(Timeline.NO_MAJORITY), verdict().firstStarts().keySet());
    assertEquals(1_000, verdict().firstStarts().get(Timeline.NO_MAJORITY).max(), 10);
  }

  @Test
  void a_death_long_before_such_a_cut_has_its_own_clock() {
    rolled();
    task("b", 5, "http");
    start("b", 1, "node-2");
    add("node-2", Kind.FAULT, 0, "kill");
    add("node-2", Kind.DOWN, 0, "killed");
    now += 30_000_000;
    add("node-1,node-2,node-3", Kind.FAULT, 0, "cut all alone");
    now += 10_000_000;
    add("node-1,node-2,node-3", Kind.FAULT, 0, Timeline.NO_MAJORITY + " all alone");
    add("node-1,node-2,node-3", Kind.THAW, 0, "");
    now += 1_000_000;
    start("b", 2, "node-1");
    ends("b", 2, "node-1");
    assertFalse(verdict().restarts().containsKey(Timeline.NO_MAJORITY));
    assertEquals(41_000, verdict().restarts().get("kill").max(), 10);
  }

  @Test
  void every_class_that_is_timed_from_silence_has_a_bound() {
    Map<String, Duration> bounds = Detection.USUAL.bounds();
    assertEquals(Duration.ofSeconds(15), bounds.get(Timeline.NO_MAJORITY));
    assertEquals(Duration.ofSeconds(8), bounds.get(Timeline.NODE_CUT));
    assertEquals(Duration.ofSeconds(11), bounds.get(Timeline.LINK_CUT));
    assertEquals(Duration.ofSeconds(3), bounds.get(Timeline.sinceRemoval(FaultClass.PAUSE)));
  }

  @Test
  void the_report_names_it_beside_the_other_classes() throws Exception {
    all_alone_has_its_clock_begin_at_the_heal();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ChaosReport report = new ChaosReport(new PrintStream(said, true, UTF_8));
    report.totals(verdict());
    assertTrue(said.toString(UTF_8).contains(Timeline.NO_MAJORITY), said::toString);
    JsonNode json = new JsonMapper().readTree(report.json(verdict()));
    assertEquals(1, json.at("/first_start_ms/cut_without_majority/count").asInt());
    assertEquals(0, json.at("/restart_ms/cut_without_majority/count").asInt());
    assertTrue(json.at("/restart_ms/cut_without_majority/p99").isNull());
    assertEquals(1, json.at("/restart_ms/cut/count").asInt());
  }

  @Test
  void cuts_of_single_links_are_told_apart_from_those_of_nodes() {
    rolled();
    task("b", 5, "http");
    start("b", 1, "node-1");
    add("node-1,node-2,node-3", Kind.FAULT, 0, "cut node-1 is mute");
    start("b", 2, "node-2");
    ends("b", 2, "node-2");
    assertEquals(2, verdict().restarts().get("cut").count());
    assertEquals(1, verdict().restarts().get(Timeline.LINK_CUT).count());
    assertEquals(1, verdict().restarts().get(Timeline.NODE_CUT).count());
  }

  @Test
  void one_caller_in_a_thousand_may_notice_a_rolling_restart() {
    add("http", Kind.UNKNOWN, 1_000, "no answer");
    rolled();
    assertEquals(Map.of(), verdict().violations());
    assertEquals(1, verdict().rolling().errors());
  }

  @Test
  void what_nodes_that_leave_are_told_is_no_matter() {
    add("node-1", Kind.SUBMIT, 5, "");
    add("node-1", Kind.UNKNOWN, 5, "closed");
    rolled();
    assertEquals(0, verdict().rolling().errors());
  }

  @Test
  void a_task_that_goes_on_from_its_checkpoint_does_not_begin_anew() {
    again("b", 1_001, 2);
    again("c", 1_002, 3);
    rolled();
    assertEquals(0, verdict().rolling().beganAnew(), verdict()::toString);
  }

  @Test
  void but_is_told_beside_those_that_do() {
    again("b", 1_001, 2);
    again("c", 1_002, 0);
    rolled();
    assertEquals(new Rolling.Figures(1_000, 0, 1, 1), verdict().rolling());
  }

  @Test
  void a_task_that_was_raised_before_its_first_start_does_not_begin_anew() {
    task("b", 1_001, "http");
    start("b", 2, "node-2");
    ends("b", 2, "node-2");
    rolled();
    assertEquals(0, verdict().rolling().beganAnew());
  }

  @Test
  void what_a_later_fault_cuts_short_is_no_matter() {
    task("b", 1_001, "http");
    start("b", 1, "node-1");
    rolled();
    start("b", 2, "node-2");
    ends("b", 2, "node-2");
    assertEquals(0, verdict().rolling().beganAnew());
  }

  @Test
  void a_record_whose_copies_have_all_died_may_be_made_anew() {
    rolled();
    task("b", 5, "event-bus");
    start("b", 1, "node-1");
    saves("b", 1, "node-1", 3);
    add("node-1", Kind.FAULT, 0, "kill");
    add("node-3", Kind.FAULT, 1, "kill");
    start("b", 1, "node-2");
    resumes("b", 1, "node-2", 0);
    start("b", 2, "node-2");
    resumes("b", 2, "node-2", 0);
    ends("b", 2, "node-2");
    assertEquals(Map.of(), verdict().violations(), verdict()::toString);
  }

  // ---------------------------------------------------------------- broken promises

  @Test
  void no_attempt_starts_twice_while_there_are_copies() {
    rolled();
    task("b", 5, "event-bus");
    start("b", 1, "node-1");
    add("node-1", Kind.FAULT, 0, "kill");
    start("b", 1, "node-2");
    add("node-2", Kind.FAULT, 1, "kill");
    ends("b", 1, "node-2");
    assertEquals(Set.of("attempt-started-twice"), verdict().violations().keySet());
  }

  @Test
  void no_checkpoint_is_lost_while_there_are_copies() {
    rolled();
    task("b", 5, "event-bus");
    start("b", 1, "node-1");
    saves("b", 1, "node-1", 3);
    add("node-1", Kind.FAULT, 0, "kill");
    start("b", 2, "node-2");
    resumes("b", 2, "node-2", 0);
    add("node-2", Kind.FAULT, 1, "kill");
    ends("b", 2, "node-2");
    assertEquals(Set.of("checkpoint-back"), verdict().violations().keySet());
  }

  @Test
  void two_callers_in_a_thousand_may_not_notice_a_rolling_restart() {
    add("http", Kind.UNKNOWN, 1_000, "no answer");
    add("http", Kind.REFUSE, 1_001, "busy");
    rolled();
    assertEquals(Set.of("rolling-restart-noticed"), verdict().violations().keySet());
    assertEquals(1, verdict().exitCode());
  }

  @Test
  void what_callers_are_told_after_the_next_fault_may_be_due_to_that() {
    add(Timeline.CLUSTER, Kind.THAW, 0, "");
    add("http", Kind.UNKNOWN, 1_000, "no answer");
    add("node-1", Kind.FAULT, 0, "kill");
    add("http", Kind.UNKNOWN, 1_001, "no answer");
    add("http", Kind.UNKNOWN, 1_002, "no answer");
    add("node-1", Kind.DOWN, 0, "");
    add(Timeline.CLUSTER, Kind.END, 0, "");

    assertEquals(new Rolling.Figures(1_000, 1, 0, 0), verdict().rolling());
  }

  @Test
  void two_tasks_in_a_thousand_may_not_begin_anew() {
    again("b", 1_001, 0);
    again("c", 1_002, 0);
    rolled();
    assertEquals(Set.of("rolling-restart-wasteful"), verdict().violations().keySet());
    assertEquals(2, verdict().rolling().beganAnew());
  }

  @Test
  void fewer_leaves_than_a_rolling_restart_has_are_too_little() {
    lines.removeIf(line -> line.kind() == Kind.DOWN && line.node().equals("node-3"));
    rolled();
    assertEquals(List.of("3 leaves took effect, of 4"), verdict().tooLittle());
  }

  @Test
  void a_long_cut_that_no_node_notices_is_none() {
    watched();
    rolled();
    assertEquals(
        List.of("0 cuts took effect, of 1", "1 cuts lasted long, and no node noticed"),
        verdict().tooLittle());
    assertEquals(3, verdict().exitCode());
    assertEquals(0, verdict().faults().get(FaultClass.CUT));
  }

  @Test
  void one_that_some_node_notices_is_one() {
    watched();
    int thaw = at(Kind.THAW);
    Line view = new Line(lines.get(thaw).micros(), "node-3", Kind.VIEW, "", 0, 2, "");
    lines.add(thaw, view);
    rolled();
    assertEquals(List.of(), verdict().tooLittle());
    assertEquals(1, verdict().faults().get(FaultClass.CUT));
  }

  @Test
  void one_after_which_a_node_is_removed_is_one() {
    watched();
    int thaw = at(Kind.THAW);
    long then = lines.get(thaw).micros();
    lines.add(thaw, new Line(then, "node-3", Kind.REMOVED, "", 0, 0, "node-1"));
    rolled();
    assertEquals(List.of(), verdict().tooLittle());
    assertEquals(1, verdict().faults().get(FaultClass.CUT));
  }

  @Test
  void the_removal_of_a_node_that_was_killed_meanwhile_tells_nothing_of_the_cut() {
    watched();
    int thaw = at(Kind.THAW);
    long then = lines.get(thaw).micros();
    lines.add(thaw, new Line(then, "node-1", Kind.FAULT, "", 0, 0, "kill"));
    lines.add(thaw + 1, new Line(then, "node-1", Kind.DOWN, "", 0, 0, "killed"));
    lines.add(thaw + 2, new Line(then, "node-3", Kind.REMOVED, "", 0, 0, "node-1"));
    rolled();
    assertEquals(0, verdict().faults().get(FaultClass.CUT));
  }

  @Test
  void a_view_that_changes_before_is_due_to_something_else() {
    watched();
    int fault = at(Kind.FAULT);
    lines.add(fault, new Line(lines.get(fault).micros(), "node-3", Kind.VIEW, "", 0, 2, ""));
    rolled();
    assertEquals(0, verdict().faults().get(FaultClass.CUT));
  }

  @Test
  void a_short_one_need_not_be_noticed() {
    lines.set(0, lines.get(0).text(PLAN + new Detection(Duration.ofSeconds(5)).text()));
    rolled();
    assertEquals(List.of(), verdict().tooLittle());
  }

  @Test
  void nor_one_of_a_link_before_it_is_settled_who_goes() {
    watched();
    int fault = at(Kind.FAULT);
    lines.set(fault, lines.get(fault).text("cut node-1 x node-2"));
    rolled();
    assertEquals(List.of(), verdict().tooLittle());
  }

  @Test
  void a_long_pause_that_no_node_notices_is_none_either() {
    watched();
    int fault = at(Kind.FAULT);
    lines.set(fault, lines.get(fault).text("pause"));
    rolled();
    assertEquals(
        List.of("0 cuts took effect, of 1", "1 pauses lasted long, and no node noticed"),
        verdict().tooLittle());
  }

  /** The cut isolates a node, and lasts longer than the nodes need to notice. */
  private void watched() {
    lines.set(0, lines.get(0).text(PLAN + new Detection(Duration.ofSeconds(3)).text()));
    int fault = at(Kind.FAULT);
    lines.set(fault, lines.get(fault).text("cut node-1 | the rest"));
  }

  private int at(Kind kind) {
    return lines.indexOf(
        lines.stream().filter(line -> line.kind() == kind).findFirst().orElseThrow());
  }

  @Test
  void a_cut_that_did_not_end_is_too_little() {
    lines.removeIf(line -> line.kind() == Kind.THAW && line.node().startsWith("node-1"));
    rolled();
    assertEquals(List.of("0 cuts took effect, of 1"), verdict().tooLittle());
  }

  // ---------------------------------------------------------------- tools

  private Verdict verdict() {
    Checker checker = new Checker();
    lines.forEach(line -> checker.accept(Line.parse(line.json()).orElseThrow()));
    return checker.verdict();
  }

  private void leaves(String node) {
    add(node, Kind.FAULT, 0, "leave");
    add(node, Kind.DOWN, 0, "left");
    add(node, Kind.UP, 0, "");
  }

  private void task(String id, long number, String node) {
    add(node, Kind.SUBMIT, number, "");
    lines.add(new Line(now, node, Kind.ACCEPT, id, 0, number, ""));
  }

  /** A task is started twice, the second time from a step or from nothing. */
  private void again(String id, long number, int step) {
    lines.add(new Line(now, "http", Kind.ACCEPT, id, 0, number, ""));
    start(id, 1, "node-1");
    start(id, 2, "node-2");
    resumes(id, 2, "node-2", step);
    ends(id, 2, "node-2");
  }

  private void start(String id, int attempt, String node) {
    now += 1_000;
    lines.add(new Line(now, node, Kind.START, id, attempt, 0, ""));
  }

  private void saves(String id, int attempt, String node, int step) {
    now += 1_000;
    lines.add(new Line(now, node, Kind.SAVE, id, attempt, step, Long.toString(now)));
  }

  private void resumes(String id, int attempt, String node, int step) {
    lines.add(new Line(now, node, Kind.RESUME, id, attempt, step, ""));
  }

  private void ends(String id, int attempt, String node) {
    String value = "succeeded " + attempt + " " + node;
    lines.add(new Line(now, "http", Kind.OUTCOME, id, attempt, 0, value));
  }

  private void add(String node, Kind kind, long number, String text) {
    now += 1_000;
    lines.add(new Line(now, node, kind, "", 0, number, text));
  }
}
