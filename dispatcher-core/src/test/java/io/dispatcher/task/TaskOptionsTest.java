package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TaskOptionsTest {
  private static final TaskOptions NONE = TaskOptions.NONE;
  private static final TaskOptions FULL =
      new TaskOptions(
          "k",
          "i",
          1,
          Backoff.fixed(Duration.ofSeconds(1)),
          Duration.ofSeconds(2),
          Duration.ofSeconds(3),
          Instant.EPOCH,
          4,
          Duration.ofSeconds(5),
          Duration.ofSeconds(6),
          Set.of("gpu", "disk:ssd"),
          true);

  @Test
  void bothEndsOfEachRangeAreAllowed() {
    TaskOptions least =
        NONE.key("k")
            .idempotencyKey("i")
            .retries(0)
            .timeLimit(Duration.ofMillis(1))
            .deadline(Duration.ofMillis(1))
            .notBefore(Instant.MIN)
            .priority(1)
            .retention(Duration.ZERO)
            .admission(Duration.ZERO);
    assertEquals(0, least.retries());
    TaskOptions most =
        NONE.key("x".repeat(256))
            .idempotencyKey("x".repeat(256))
            .retries(1000)
            .timeLimit(Duration.ofHours(24))
            .deadline(Duration.ofDays(30))
            .notBefore(Instant.MAX)
            .priority(9)
            .retention(Duration.ofDays(30))
            .admission(Duration.ofHours(1));
    assertEquals(1000, most.retries());
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        refused(() -> NONE.key(""), "key \"\" has 0 characters, but must have 1 to 256"),
        refused(() -> NONE.key("x".repeat(257)), "has 257 characters, but must have 1 to 256"),
        refused(() -> NONE.key("a\uD83D"), "key has half a surrogate pair at index 1"),
        refused(() -> NONE.idempotencyKey(""), "idempotencyKey \"\" has 0 characters"),
        refused(() -> NONE.idempotencyKey("x".repeat(257)), "257 characters"),
        refused(() -> NONE.retries(-1), "retries is -1, but must be 0 to 1000"),
        refused(() -> NONE.retries(1001), "retries is 1001, but must be 0 to 1000"),
        refused(() -> NONE.priority(0), "priority is 0, but must be 1 to 9"),
        refused(() -> NONE.priority(10), "priority is 10, but must be 1 to 9"),
        refused(
            () -> NONE.timeLimit(Duration.ofNanos(999_999)),
            "timeLimit is PT0.000999999S, but must be 1 ms to 1 d"),
        refused(() -> NONE.timeLimit(Duration.ofHours(24).plusNanos(1)), "but must be 1 ms to 1 d"),
        refused(() -> NONE.deadline(Duration.ZERO), "deadline is 0 s, but must be 1 ms to 30 d"),
        refused(() -> NONE.deadline(Duration.ofDays(31)), "deadline is 31 d, but must be"),
        refused(() -> NONE.retention(Duration.ofMillis(-1)), "but must be 0 s to 30 d"),
        refused(() -> NONE.retention(Duration.ofDays(31)), "retention is 31 d, but must be"),
        refused(() -> NONE.admission(Duration.ofSeconds(-1)), "but must be 0 s to 1 h"),
        refused(() -> NONE.admission(Duration.ofMinutes(61)), "admission is 61 min, but must be"),
        refused(() -> NONE.timeLimit(Duration.ofSeconds(Long.MAX_VALUE)), "timeLimit is "),
        refused(() -> NONE.requires(Set.of("")), "requires has the label \"\" of 0 characters"),
        refused(() -> NONE.requires(Set.of("g,u")), "a label has only A-Z a-z 0-9"),
        refused(() -> NONE.requires(Set.of("gpü")), "a label has only A-Z a-z 0-9"),
        refused(() -> NONE.requires(Set.of("x".repeat(65))), "a label has 1 to 64"),
        refused(
            () ->
                NONE.requires(
                    IntStream.range(0, 17).mapToObj(i -> "l" + i).collect(Collectors.toSet())),
            "requires has 17 labels, but at most 16 are allowed"));
  }

  private static Arguments refused(Supplier<TaskOptions> options, String why) {
    return arguments(options, why);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsOutOfRangeIsRefused(Supplier<TaskOptions> options, String why) {
    String message = assertThrows(IllegalArgumentException.class, options::get).getMessage();
    assertTrue(message.contains(why), message);
  }

  @Test
  void eachWitherSetsItsOwnOptionOnly() {
    TaskOptions built =
        NONE.key("k")
            .idempotencyKey("i")
            .retries(1)
            .backoff(Backoff.fixed(Duration.ofSeconds(1)))
            .timeLimit(Duration.ofSeconds(2))
            .deadline(Duration.ofSeconds(3))
            .notBefore(Instant.EPOCH)
            .priority(4)
            .retention(Duration.ofSeconds(5))
            .admission(Duration.ofSeconds(6))
            .requires(Set.of("disk:ssd", "gpu"))
            .explain(true);
    assertEquals(FULL, built);
    assertEquals(
        new TaskOptions(null, null, null, null, null, null, null, 7, null, null, null, null),
        NONE.priority(7));
  }

  @Test
  void aWitherReplacesWhatWasSet() {
    assertEquals(9, FULL.retries(9).retries());
    assertEquals("other", FULL.key("other").key());
    assertThrows(NullPointerException.class, () -> FULL.key(null));
  }

  @Test
  void ownOptionsGoOverTheFallback() {
    TaskOptions own = NONE.retries(9).priority(9);
    TaskOptions both = own.over(FULL);
    assertEquals(FULL.retries(9).priority(9), both);
    assertEquals(FULL, FULL.over(own.key("other")));
    assertEquals(FULL, FULL.over(TaskOptions.DEFAULTS));
  }

  @Test
  void noLabelsAtAllGoOverThoseOfTheType() {
    assertEquals(Set.of(), NONE.requires(Set.of()).over(FULL).requires());
    assertEquals(List.of("disk:ssd", "gpu"), List.copyOf(FULL.requires()), "in their order");
    assertEquals(Set.of("a", "b"), Labels.parse("requires", " b, a,b"));
    assertEquals(Set.of(), Labels.parse("requires", " "));
  }

  @Test
  void nothingSetChangesNothing() {
    assertSame(FULL, NONE.over(FULL));
    assertSame(FULL, FULL.over(NONE));
    assertEquals(NONE, NONE.over(NONE));
  }

  @Test
  void defaultsAreThoseOfTheDesign() {
    TaskOptions defaults = TaskOptions.DEFAULTS;
    assertNull(defaults.key());
    assertNull(defaults.idempotencyKey());
    assertEquals(3, defaults.retries());
    assertEquals(Backoff.DEFAULT, defaults.backoff());
    assertEquals(Duration.ofMinutes(10), defaults.timeLimit());
    assertNull(defaults.deadline());
    assertNull(defaults.notBefore());
    assertEquals(5, defaults.priority());
    assertEquals(Duration.ofMinutes(5), defaults.retention());
    assertEquals(Duration.ofSeconds(10), defaults.admission());
  }
}
