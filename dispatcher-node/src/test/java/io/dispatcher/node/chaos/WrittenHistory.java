package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.node.chaos.Line.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A history that keeps every promise, for tests that change a line of it and see what is found. */
abstract class WrittenHistory {
  static final String TASK = "a-task";
  static final String OTHER = "b-task";

  static final String SET_ASIDE = "failed io.dispatcher.Poison: set aside: 3 nodes died";

  final List<Line> lines = new ArrayList<>();
  long now = 1_000_000;

  /**
   * Two tasks; the node that runs and owns the first is killed, the other one carries on at the
   * checkpoint.
   */
  WrittenHistory() {
    add("front", Kind.RUN).text("nodes=3 tasks=2 kills=1 pauses=0 leaves=0 seed=1");
    submitted(TASK, 1, "node-1");
    submitted(OTHER, 2, "front");
    start(TASK, 1, "node-1");
    save(TASK, 1, "node-1", 1);
    save(TASK, 1, "node-1", 2);
    start(OTHER, 1, "node-2");
    add("node-1", Kind.FAULT).text("kill");
    add("node-1", Kind.DOWN).text("killed");
    outcome("front", OTHER, 1, "succeeded 1 node-2");
    add("node-3", Kind.REISSUE).task(TASK, 2).text("node-1");
    now += 500_000;
    start(TASK, 2, "node-2");
    add("node-2", Kind.RESUME).task(TASK, 2).number(2);
    add("node-3", Kind.SETTLE).task(TASK, 2).text("succeeded");
    add("node-1", Kind.UP);
    add("front", Kind.END);
    outcome("reader", TASK, 2, "succeeded 2 node-2");
    outcome("reader", OTHER, 1, "succeeded 1 node-2");
  }

  void found(String promise) {
    Verdict verdict = verdict();
    assertEquals(Set.of(promise), verdict.violations().keySet(), verdict::toString);
    assertEquals(1, verdict.exitCode());
    assertEquals(1, verdict.examples().size());
  }

  void tooLittle(String why) {
    Verdict verdict = verdict();
    assertEquals(Map.of(), verdict.violations(), verdict::toString);
    assertEquals(List.of(why), verdict.tooLittle());
    assertEquals(3, verdict.exitCode());
  }

  /** As from a file: what cannot be written and read again is not checked either. */
  Verdict verdict() {
    Checker checker = new Checker();
    lines.forEach(line -> checker.accept(Line.parse(line.json()).orElseThrow()));
    return checker.verdict();
  }

  void submitted(String task, long number, String node) {
    add(node, Kind.SUBMIT).number(number);
    add(node, Kind.ACCEPT).task(task, 0).number(number);
  }

  void start(String task, int attempt, String node) {
    add(node, Kind.START).task(task, attempt);
  }

  void keyed(String task, long number) {
    add("front", Kind.SUBMIT).number(number);
    add("front", Kind.ACCEPT).task(task, 0).number(number).text("k");
  }

  void succeeded(String task) {
    start(task, 1, "node-2");
    outcome("reader", task, 1, "succeeded 1 node-2");
  }

  /** Long after all faults. */
  void cancelled(String task, int told) {
    now += 60_000_000;
    submitted(task, 3, "front");
    add("front", Kind.CANCEL).task(task, 0);
    add("front", Kind.CANCELLED).task(task, 0).number(told);
  }

  void save(String task, int attempt, String node, int step) {
    long asked = now;
    add(node, Kind.SAVE).task(task, attempt).number(step).text(Long.toString(asked));
  }

  void outcome(String node, String task, int attempt, String text) {
    add(node, Kind.OUTCOME).task(task, attempt).text(text);
  }

  void change(Kind kind, String task, UnaryOperator<Line> change) {
    lines.replaceAll(
        line -> line.kind() == kind && line.task().equals(task) ? change.apply(line) : line);
  }

  /** The newest line, which can be told more; each is a millisecond later. */
  Added add(String node, Kind kind) {
    now += 1_000;
    lines.add(new Line(now, node, kind, "", 0, 0, ""));
    return new Added(lines);
  }

  /** Tells the last line more. */
  record Added(List<Line> lines) {
    Added task(String id, int attempt) {
      return change(line -> line.task(id, attempt));
    }

    Added number(long value) {
      return change(line -> line.number(value));
    }

    Added text(String value) {
      return change(line -> line.text(value));
    }

    private Added change(UnaryOperator<Line> change) {
      int last = lines.size() - 1;
      lines.set(last, change.apply(lines.get(last)));
      return this;
    }
  }
}
