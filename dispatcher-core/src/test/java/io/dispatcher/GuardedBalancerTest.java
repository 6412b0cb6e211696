package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.FakeWorkers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import io.dispatcher.balance.Workers;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** What a balancer that users brought does wrong. */
class GuardedBalancerTest {

  private final LongAdder faults = new LongAdder();
  private final Pick pick = new Pick(new Random(1));

  /**
   * Workers a, which is full, b, which is the least loaded, c, which is busy, d without a weight.
   */
  private final FakeWorkers workers =
      FakeWorkers.of("a", "b", "c", "d").open(0, false).load(2, 3).weight(3, 0);

  private int picked(Picker picker) {
    return guarded(some -> picker).picker(workers).pick(pick);
  }

  private Balancer guarded(java.util.function.Function<Workers, Picker> pickers) {
    Balancer theirs =
        new Balancer() {
          @Override
          public String name() {
            return "mine";
          }

          @Override
          public Picker picker(Workers some) {
            return pickers.apply(some);
          }

          @Override
          public String rule() {
            throw new IllegalStateException("on purpose");
          }

          @Override
          public boolean asksForSessions() {
            throw new IllegalStateException("on purpose");
          }
        };
    return GuardedBalancer.of("work", "mine", () -> theirs, faults);
  }

  @Test
  void what_it_chooses_counts_if_that_one_takes_tasks() {
    assertEquals(2, picked(any -> 2));
    assertEquals(1, faults.sum(), "when it was made, as it throws when it is asked anything");
  }

  @Test
  void another_chooses_where_it_cannot() {
    for (Picker wrong :
        new Picker[] {
          any -> 0,
          any -> 3,
          any -> 4,
          any -> -2,
          any -> -1,
          any -> {
            throw new IllegalStateException("on purpose");
          },
          any -> {
            throw new NoClassDefFoundError("on purpose");
          }
        }) {
      long before = faults.sum();
      assertEquals(1, picked(wrong));
      assertEquals(before + 2, faults.sum(), "one when it was made");
    }
  }

  @Test
  void whom_it_drew_is_told_unless_another_chooses() {
    Picker draws =
        any -> {
          any.drew(1);
          return 2;
        };
    assertEquals(2, picked(draws));
    assertTrue(pick.drawn(1));
    workers.open(2, false);
    assertEquals(1, picked(draws));
    assertFalse(pick.drawn(1), "it has no say in this one");
    Picker throwing =
        any -> {
          any.drew(1);
          throw new IllegalStateException("on purpose");
        };
    assertEquals(1, picked(throwing));
    assertFalse(pick.drawn(1));
  }

  @Test
  void it_is_told_whose_rule_chose() {
    Balancer guarded = guarded(any -> pick -> pick.hasKey() ? 2 : 0);
    Picker picker = guarded.picker(workers);

    assertEquals(1, picker.pick(pick));
    assertEquals(
        "the lowest (load + 1) / weight; ties at random,"
            + " as balancer mine chose nobody who can take it",
        guarded.rule());
    assertEquals(2, picker.pick(pick.key(7)));
    assertEquals("the rule named mine", guarded.rule());
  }

  @Test
  void nobody_is_right_if_nobody_takes_tasks() {
    workers.open(1, false).open(2, false);
    assertEquals(-1, picked(any -> -1));
    assertEquals(1, faults.sum(), "when it was made");
  }

  @Test
  void a_snapshot_that_it_cannot_bear_is_left_to_another() {
    Balancer guarded =
        guarded(
            some -> {
              throw new IllegalStateException("on purpose");
            });
    assertEquals(1, guarded.picker(workers).pick(pick));
    assertEquals(2, faults.sum());
  }

  @Test
  void another_chooses_where_it_cannot_be_made() {
    Balancer guarded =
        GuardedBalancer.of(
            "work",
            "mine",
            () -> {
              throw new IllegalArgumentException("its constructor threw");
            },
            faults);
    assertEquals(1, guarded.picker(workers).pick(pick));
    assertEquals("mine", guarded.name());
    assertEquals(1, faults.sum());
  }

  @Test
  void it_is_named_though_it_does_not_answer() {
    Balancer guarded = guarded(some -> any -> 1);
    assertEquals("mine", guarded.name());
    assertEquals("the rule named mine", guarded.rule());
    assertFalse(guarded.asksForSessions());
  }

  @Test
  void our_own_need_no_guard() {
    Balancer own = Balancers.random();
    assertSame(own, GuardedBalancer.of("work", own.name(), () -> own, faults));
  }
}
