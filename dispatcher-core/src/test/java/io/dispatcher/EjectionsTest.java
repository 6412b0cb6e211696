package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class EjectionsTest {

  private static final RandomGenerator RANDOM = new SplittableRandom(1);

  @Test
  void one_on_which_tasks_fail() {
    assertEquals(Set.of(2), ejected("10/0", "12/0", "0/20"));
    assertEquals(Set.of(), ejected("10/0", "12/0", "0/19"), "too few to say");
    assertEquals(Set.of(2), ejected("100/0", "100/0", "15/15"));
    assertEquals(Set.of(), ejected("100/0", "100/0", "15/12"));
  }

  /** Then the tasks are to blame. */
  @Test
  void none_if_tasks_fail_everywhere() {
    assertEquals(Set.of(), ejected("0/20", "0/30", "0/25"));
    assertEquals(Set.of(), ejected("10/20", "10/15", "0/25"));
  }

  @Test
  void none_if_there_is_nothing_to_compare_with() {
    assertEquals(Set.of(), ejected("0/50"));
    assertEquals(Set.of(), ejected("0/50", "0/0", "4/0"));
  }

  @Test
  void a_third_at_most_or_one() {
    assertEquals(1, ejected("50/0", "0/29").size());
    assertEquals(1, ejected("50/0", "0/29", "0/29").size());
    assertEquals(
        3,
        ejected("90/0", "90/0", "90/0", "90/0", "90/0", "90/0", "0/29", "0/29", "0/29", "0/29")
            .size());
  }

  @Test
  void an_outlier_among_many() {
    assertEquals(
        Set.of(5), ejected("99/1", "98/2", "99/1", "98/2", "99/1", "80/20", "99/1", "98/2"));
    assertEquals(Set.of(), ejected("99/1", "98/2", "99/1", "80/20"), "too few to say");
    assertEquals(
        Set.of(),
        ejected("990/1", "990/1", "990/1", "990/1", "990/1", "970/30"),
        "no share to speak of");
  }

  /**
   * @param counts successes of each worker, after so many failures
   */
  private static Set<Integer> ejected(String... counts) {
    Breaker[] breakers = Arrays.stream(counts).map(EjectionsTest::breaker).toArray(Breaker[]::new);
    Set<Integer> ejected = new TreeSet<>();
    new Ejections(breakers).judge(ejected::add);
    return ejected;
  }

  private static Breaker breaker(String counts) {
    Breaker breaker = new Breaker(new Breaker.Alarm(), RANDOM, length -> {});
    String[] parts = counts.split("/");
    for (int k = Integer.parseInt(parts[1]); k > 0; k--) {
      breaker.failed(0, 0);
    }
    for (int k = Integer.parseInt(parts[0]); k > 0; k--) {
      breaker.succeeded(0, 0);
    }
    return breaker;
  }
}
