package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitWatchTest {
  private static final long CUT = 1;
  private static final long SAID = 2;
  private static final long DEATH = 3;
  private static final long HEALS = 4;

  @Test
  void a_death_leaves_others_apart_from_then_on() {
    SplitWatch watch = new SplitWatch(Cut.apart(3, Set.of(2)), 3, CUT);
    assertEquals(Set.of(2), watch.awaited());
    watch.says(2, "store 1 of 3: no majority", SAID);
    watch.says(0, "starting", SAID);
    assertEquals(Set.of(), watch.awaited());

    watch.died(Set.of(1), DEATH);
    assertEquals(Set.of(0), watch.awaited());
    assertEquals(
        List.of(new CutOff(0, DEATH, DEATH, -1, HEALS), new CutOff(2, CUT, CUT, SAID, HEALS)),
        watch.ends(HEALS));
  }

  @Test
  void who_dies_is_apart_until_then() {
    SplitWatch watch = new SplitWatch(Cut.apart(3, Set.of(2)), 3, CUT);
    watch.died(Set.of(2), DEATH);
    assertEquals(Set.of(), watch.awaited());
    assertEquals(List.of(new CutOff(2, CUT, CUT, -1, DEATH)), watch.ends(HEALS));
  }

  @Test
  void who_is_mute_hears_a_majority_as_long_as_one_lives() {
    SplitWatch watch = new SplitWatch(Cut.mute(3, 2), 3, CUT);
    watch.died(Set.of(1), DEATH);
    assertEquals(
        List.of(new CutOff(0, DEATH, DEATH, -1, HEALS), new CutOff(2, CUT, -1, -1, HEALS)),
        watch.ends(HEALS));
  }
}
