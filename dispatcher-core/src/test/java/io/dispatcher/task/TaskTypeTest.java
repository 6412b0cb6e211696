package io.dispatcher.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskTypeTest {
  private static final TaskType<String, String> SHOUT =
      TaskType.of("shout", Codec.text(), Codec.text());

  @ParameterizedTest
  @ValueSource(strings = {"a", "Z9", "com.acme/Photo:resize_v2-x"})
  void namesMayHave(String name) {
    assertEquals(name, TaskType.of(name, Codec.text(), Codec.text()).name());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1a", ".a", "a b", "a%", "é", "aé", "a\n", "a?"})
  void namesMayNotHave(String name) {
    assertThrows(
        IllegalArgumentException.class, () -> TaskType.of(name, Codec.text(), Codec.text()));
  }

  @Test
  void namesHaveUpToAHundredCharacters() {
    assertEquals(100, TaskType.of("x".repeat(100), Codec.text(), Codec.text()).name().length());
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> TaskType.of("x".repeat(101), Codec.text(), Codec.text()))
            .getMessage();
    assertTrue(message.contains("1 to 100") && message.endsWith("has 101"), message);
  }

  @Test
  void theTasksOptionsGoOverTheTypes() {
    TaskType<String, String> type =
        SHOUT
            .retries(1)
            .backoff(Backoff.fixed(Duration.ofSeconds(1)))
            .timeLimit(Duration.ofSeconds(1))
            .deadline(Duration.ofSeconds(2))
            .priority(2)
            .retention(Duration.ofSeconds(3))
            .admission(Duration.ofSeconds(4));
    assertEquals(type.options(), type.task("a").options());
    assertEquals(TaskOptions.NONE, SHOUT.options(), "withers do not change the type itself");

    TaskOptions task =
        type.task("a")
            .key("k")
            .idempotencyKey("i")
            .retries(9)
            .backoff(Backoff.DEFAULT)
            .timeLimit(Duration.ofMinutes(1))
            .deadline(Duration.ofMinutes(2))
            .notBefore(Instant.EPOCH)
            .priority(9)
            .retention(Duration.ofMinutes(3))
            .admission(Duration.ofMinutes(4))
            .requires("gpu")
            .explain()
            .options();
    assertEquals(
        new TaskOptions(
            "k",
            "i",
            9,
            Backoff.DEFAULT,
            Duration.ofMinutes(1),
            Duration.ofMinutes(2),
            Instant.EPOCH,
            9,
            Duration.ofMinutes(3),
            Duration.ofMinutes(4),
            Set.of("gpu"),
            true),
        task);
  }

  @Test
  void optionsSetTogetherGoOverThoseThatAreThere() {
    TaskOptions options =
        SHOUT.retries(1).priority(2).task("a").options(TaskOptions.NONE.retries(9)).options();
    assertEquals(TaskOptions.NONE.retries(9).priority(2), options);
  }

  @Test
  void outOfRangeOptionsAreRefusedOnTypeAndTask() {
    assertThrows(IllegalArgumentException.class, () -> SHOUT.retries(1001));
    assertThrows(IllegalArgumentException.class, () -> SHOUT.task("a").priority(0));
    assertThrows(NullPointerException.class, () -> SHOUT.timeLimit(null));
    assertThrows(NullPointerException.class, () -> SHOUT.task("a").key(null));
  }

  @Test
  void thePayloadIsEncodedAtOnce() {
    StringBuilder words = new StringBuilder("hello");
    TaskType<StringBuilder, String> type =
        TaskType.of(
            "t",
            Codec.of(
                b -> b.toString().getBytes(UTF_8),
                bytes -> new StringBuilder(new String(bytes, UTF_8))),
            Codec.text());
    Task<StringBuilder, String> task = type.task(words);
    words.setLength(0);
    assertArrayEquals("hello".getBytes(UTF_8), task.payload());
    assertSame(task.payload(), task.retries(1).payload());
    assertSame(type, task.type());
  }

  @Test
  void aPayloadOfExactlyTheLimitIsTaken() {
    TaskType<byte[], String> type = TaskType.of("raw", Codec.bytes(), Codec.text());
    assertEquals(1 << 20, type.task(new byte[1 << 20]).payload().length);
    TaskRefused refused = assertThrows(TaskRefused.class, () -> type.task(new byte[(1 << 20) + 1]));
    assertEquals(TaskRefused.Reason.TOO_LARGE, refused.reason());
    assertEquals(Optional.empty(), refused.retryAfter());
    assertTrue(
        refused.getMessage().contains("raw has 1048577 bytes, 1048576 are allowed"),
        refused.getMessage());
  }

  @Test
  void nullIsAPayloadOnlyForNothing() {
    String message = assertThrows(NullPointerException.class, () -> SHOUT.task(null)).getMessage();
    assertTrue(message.contains("shout") && message.contains("Codec.nothing()"), message);
    assertEquals(
        0, TaskType.of("tick", Codec.nothing(), Codec.nothing()).task(null).payload().length);
  }

  @Test
  void aPayloadThatCannotBeEncodedIsInvalid() {
    IOException cause = new IOException("no");
    TaskType<String, String> type =
        TaskType.of(
            "bad",
            Codec.of(
                text -> {
                  throw cause;
                },
                bytes -> ""),
            Codec.text());
    TaskRefused refused = assertThrows(TaskRefused.class, () -> type.task("a"));
    assertEquals(TaskRefused.Reason.INVALID, refused.reason());
    assertSame(cause, refused.getCause());
    TaskType<String, String> none =
        TaskType.of("none", Codec.of(text -> null, bytes -> ""), Codec.text());
    assertEquals(
        TaskRefused.Reason.INVALID, assertThrows(TaskRefused.class, () -> none.task("a")).reason());
  }

  @Test
  void payloadsStayOutOfLogs() {
    assertEquals("Task[shout, 6 bytes]", SHOUT.task("secret").toString());
  }
}
