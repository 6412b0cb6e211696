package io.dispatcher.examples.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One worker dies, another one joins, and the first comes back. The seeds are fixed. */
class JoinsAndLeavesTest {

  private static final Setup CHANGES = Setup.of(10, 4, 4, 0.7).joinsAndLeaves().tasks(20_000);
  private static final Setup KEYS = CHANGES.keys(10_000, 1).tasks(40_000);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "least-requests",
        "power-of-two",
        "latency",
        "least-connections",
        "weighted",
        "round-robin"
      })
  void nothing_goes_to_who_is_gone_and_a_newcomer_gets_its_share(String balancer) {
    Figures figures = Simulation.run(CHANGES, Scenario.ours(balancer));
    assertEquals(0, figures.toGone());
    assertTrue(figures.mean() < 1.5, "mean " + figures.mean());
    assertEquals(1 / 10.6, figures.newShare(), 0.01, "one of 10, then of 11");
  }

  @Test
  void what_goes_to_who_is_gone_is_seen() {
    Figures figures = Simulation.run(CHANGES, new Unmoved(Scenario.ours("least-requests"), 0));
    assertTrue(figures.toGone() > 0);
    assertEquals(0, figures.newShare(), "it does not know of any");
  }

  @Test
  void keys_go_on_with_who_is_there_and_come_back() {
    Figures figures = Simulation.run(KEYS, Scenario.ours("consistent-hash"));
    assertEquals(0, figures.toGone());
    assertTrue(figures.mean() < 1.3, "mean " + figures.mean());
    assertTrue(figures.firstChoice() >= 0.7, "first choice " + figures.firstChoice());
    assertTrue(figures.returned() >= 0.9, "returned " + figures.returned());
  }

  @Test
  void keys_that_do_not_come_back_are_seen() {
    Figures ours = Simulation.run(KEYS, Scenario.ours("consistent-hash"));
    Figures figures = Simulation.run(KEYS, new Unmoved(Scenario.ours("consistent-hash"), 2));
    assertEquals(0, figures.toGone(), "it has heard of the leave");
    assertEquals(0, figures.returned(), "and not that the worker is back");
    assertTrue(figures.firstChoice() < ours.firstChoice() - 0.01);
  }

  @Test
  void what_goes_to_who_is_not_there_yet_is_seen() {
    Figures figures = Simulation.run(CHANGES, new Early());
    assertTrue(figures.toGone() > 0);
    assertTrue(figures.newShare() > 0.05);
  }

  /** Hears of so many changes only. */
  private record Unmoved(Rule rule, int changes) implements Rule {
    @Override
    public String name() {
      return "unmoved";
    }

    @Override
    public Chooser chooser(Members first, Simulation simulation) {
      Chooser chooser = rule.chooser(first, simulation);
      return new Chooser() {
        private int heard;

        @Override
        public void membersChanged(Members members) {
          if (heard++ <= changes) {
            chooser.membersChanged(members);
          }
        }

        @Override
        public int choose(SimTask task) {
          return chooser.choose(task);
        }
      };
    }
  }

  /** Believes that the eleventh of ten workers is there when one in a thousand tasks comes. */
  private static final class Early implements Rule {
    @Override
    public String name() {
      return "early";
    }

    @Override
    public Chooser chooser(Members first, Simulation simulation) {
      Chooser chooser = Scenario.ours("random").chooser(first, simulation);
      return new Chooser() {
        @Override
        public void membersChanged(Members members) {
          chooser.membersChanged(members);
        }

        @Override
        public int choose(SimTask task) {
          return simulation.chance().nextInt(1_000) == 0 ? 10 : chooser.choose(task);
        }
      };
    }
  }
}
