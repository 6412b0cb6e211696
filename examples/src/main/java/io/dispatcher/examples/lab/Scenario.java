package io.dispatcher.examples.lab;

import java.util.ArrayList;
import java.util.List;

/** A setup, and the rules that are compared in it. */
record Scenario(Setup setup, List<Rule> rules) {

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

  static Rule ours(String name) {
    return new OurRule(name);
  }

  /** Everything the table shows. */
  static List<Scenario> all() {
    List<Scenario> all = new ArrayList<>();
    for (int fronts : new int[] {1, 4, 16}) {
      all.add(new Scenario(Setup.of(20, 4, fronts, 0.9), ALL));
    }
    Setup sixteen = Setup.of(20, 4, 16, 0.9);
    all.add(new Scenario(sixteen.reportEvery(1), ALL));
    all.add(new Scenario(sixteen.reportEvery(0), ALL));
    all.add(new Scenario(sixteen.delay(0.1), ALL));
    all.add(new Scenario(Setup.of(10, 4, 4, 0.7), ALL));
    all.add(new Scenario(Setup.of(100, 4, 16, 0.9), ALL));
    all.add(new Scenario(Setup.of(1000, 4, 16, 0.9), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.7).heavyTailed(), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.8).twoSpeeds(false), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.8).twoSpeeds(true), ALL));
    all.add(new Scenario(Setup.of(10, 4, 4, 0.7).oneSlowsDown(), ALL));
    all.add(new Scenario(Setup.of(10, 4, 4, 0.7).joinsAndLeaves(), ALL));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.7).keys(10_000, 0), BY_KEY));
    all.add(new Scenario(Setup.of(20, 4, 4, 0.7).keys(10_000, 1), BY_KEY));
    all.add(new Scenario(Setup.of(20, 4, 1, 0.7).keys(10_000, 1), BY_KEY));
    all.add(new Scenario(Setup.of(200, 4, 4, 0.7).keys(100_000, 1), BY_KEY));
    return all;
  }
}
