package io.dispatcher.examples.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A setup, the rules that are compared in it, and what has to come out. */
record Scenario(Setup setup, List<Rule> rules, Goals goals) {

  /** What has to come out. */
  interface Goals {

    /** What figures have to be that are given by the names of their rules. */
    List<Goal> of(Map<String, Figures> seen);
  }

  static final Rule EXACT = new ShortestQueue();
  static final Rule HAZELCAST = new HazelcastRule();
  static final Rule IGNITE = new IgniteRule(true);
  static final Rule VERTX = new VertxRule();

  private static final List<Rule> ALL =
      List.of(
          EXACT,
          ours("least-requests"),
          ours("power-of-two"),
          ours("latency"),
          ours("least-connections"),
          ours("weighted"),
          ours("round-robin"),
          ours("random"),
          HAZELCAST,
          IGNITE,
          new IgniteRule(false),
          VERTX,
          new StrideRule());

  private static final List<Rule> BY_KEY =
      List.of(EXACT, ours("consistent-hash"), HAZELCAST, VERTX);

  private static final List<Rule> BY_CLIENT =
      List.of(EXACT, ours("least-connections"), ours("least-requests"), VERTX);

  private Scenario(Setup setup, List<Rule> rules) {
    this(setup, rules, seen -> List.of());
  }

  static Rule ours(String name) {
    return new OurRule(name);
  }

  /** Everything the table shows. */
  static List<Scenario> all() {
    List<Scenario> all = new ArrayList<>();
    all.add(new Scenario(Setup.of(20, 4, 1, 0.9), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.9), ALL, seen -> besideExact(seen, 1.15)));
    Setup sixteen = Setup.of(20, 4, 16, 0.9);
    all.add(new Scenario(sixteen, ALL, seen -> besideExact(seen, 1.30)));
    all.add(new Scenario(sixteen.reportEvery(1), ALL));
    all.add(new Scenario(sixteen.reportEvery(0), ALL));
    all.add(new Scenario(sixteen.delay(0.1), ALL));
    all.add(new Scenario(Setup.of(10, 4, 4, 0.7), ALL));
    all.add(new Scenario(Setup.of(100, 4, 16, 0.9), ALL));
    all.add(new Scenario(Setup.of(1000, 4, 16, 0.9), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.7).heavyTailed(), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.8).twoSpeeds(false), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.8).twoSpeeds(true), ALL));
    all.add(new Scenario(Setup.of(10, 4, 4, 0.7).oneSlowsDown(), ALL, Scenario::slowWorker));
    all.add(new Scenario(Setup.of(10, 4, 4, 0.7).joinsAndLeaves(), ALL, Scenario::goneWorker));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.7).keys(10_000, 0), BY_KEY));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.7).keys(10_000, 1), BY_KEY, Scenario::popularKeys));
    all.add(new Scenario(Setup.of(20, 4, 1, 0.7).keys(10_000, 1), BY_KEY));
    all.add(new Scenario(Setup.of(20, 4, 16, 0.7).keys(10_000, 1), BY_KEY));
    all.add(new Scenario(Setup.of(200, 4, 4, 0.7).keys(100_000, 1), BY_KEY));
    Setup moving = Setup.of(10, 4, 4, 0.7).keys(10_000, 1).joinsAndLeaves();
    all.add(new Scenario(moving, BY_KEY, Scenario::keysThatMove));
    Setup clients = Setup.of(20, 4, 4, 0.7).clients(400);
    all.add(new Scenario(clients, BY_CLIENT, Scenario::clientsThatStay));
    return all;
  }

  static List<Goal> besideExact(Map<String, Figures> seen, double times) {
    Figures ours = seen(seen, "least-requests");
    double exact = seen(seen, EXACT.name()).mean();
    String what = "least-requests beside the exact shortest queue, ";
    return List.of(
        Goal.atMost(what + ours.setup().fronts() + " fronts", ours.mean() / exact, times));
  }

  static List<Goal> slowWorker(Map<String, Figures> seen) {
    List<Goal> goals = new ArrayList<>();
    for (String rule : List.of("least-requests", "latency")) {
      Figures ours = seen(seen, rule);
      double share = 0.3 / ours.setup().workers();
      goals.add(Goal.atMost(rule + ", one 10 × slower: p99", ours.p99(), 8));
      goals.add(Goal.atMost(rule + ", one 10 × slower: its share", ours.slowShare(), share));
    }
    return goals;
  }

  static List<Goal> popularKeys(Map<String, Figures> seen) {
    Figures ours = seen(seen, "consistent-hash");
    return List.of(
        Goal.atMost("consistent-hash, Zipf keys: mean", ours.mean(), 1.2),
        Goal.atLeast("consistent-hash, Zipf keys: on the first choice", ours.firstChoice(), 0.7));
  }

  static List<Goal> keysThatMove(Map<String, Figures> seen) {
    Figures ours = seen(seen, "consistent-hash");
    String keys = "consistent-hash, workers come and go: ";
    return List.of(
        Goal.atMost(keys + "to who is gone", (double) ours.toGone(), 0),
        Goal.atLeast(keys + "on the first choice of the moment", ours.firstChoice(), 0.7),
        Goal.atLeast(keys + "back on who is back", ours.returned(), 0.9));
  }

  static List<Goal> clientsThatStay(Map<String, Figures> seen) {
    Figures ours = seen(seen, "least-connections");
    return List.of(
        Goal.atLeast("least-connections: where the client was", ours.sameWorker(), 0.8),
        Goal.atMost("least-connections: most clients on a worker", ours.clientSpread(), 1.3));
  }

  static List<Goal> goneWorker(Map<String, Figures> seen) {
    return Stream.of(
            "least-requests",
            "power-of-two",
            "latency",
            "least-connections",
            "weighted",
            "round-robin",
            "random")
        .map(rule -> Goal.atMost(rule + ": to who is gone", (double) seen(seen, rule).toGone(), 0))
        .toList();
  }

  private static Figures seen(Map<String, Figures> seen, String rule) {
    return Objects.requireNonNull(seen.get(rule), rule);
  }
}
