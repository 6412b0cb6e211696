package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrowdTest {
  @Test
  void it_is_crowded_from_one_too_many_until_as_many_are_left() {
    long[] accepted = {1, 2, 3, 8, 9, 10};
    long[] ended = {6, 7, 12, 13, 14, 20};
    assertEquals(List.of("3-6", "9-13"), found(accepted, ended));
  }

  @Test
  void it_stays_so_until_the_last_have_ended() {
    assertEquals(List.of("3-30"), found(new long[] {3, 2, 1}, new long[] {40, 50, 30}));
  }

  @Test
  void or_for_ever() {
    long never = Long.MAX_VALUE;
    assertEquals(
        List.of("3-" + never), found(new long[] {1, 2, 3, 4}, new long[] {5, never, never, never}));
  }

  @Test
  void few_are_no_crowd() {
    assertEquals(List.of(), found(new long[] {1, 2}, new long[] {3, 4}));
    assertEquals(1_001, Crowd.of(3, 50).most(), 1);
    assertEquals(24, Crowd.of(3, 60_000).most());
    assertEquals(Crowd.of(3, 50), Crowd.of(3, 0));
  }

  /** Two are no crowd. */
  private static List<String> found(long[] accepted, long[] ended) {
    List<String> all = new ArrayList<>();
    new Crowd(2).find(accepted, ended, (from, to) -> all.add(from + "-" + to));
    return all;
  }
}
