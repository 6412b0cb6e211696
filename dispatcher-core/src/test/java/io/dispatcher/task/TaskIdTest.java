package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskIdTest {
  @ParameterizedTest
  @ValueSource(strings = {"b", "Z", "b0_-", "b1234567890123456789012345678901"})
  void idsPrintAsTheirText(String text) {
    assertEquals(text, TaskId.of(text).toString());
    assertEquals(new TaskId(text), TaskId.of(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "_a",
        "-a",
        "é",
        "a b",
        "a/b",
        "aé",
        "a\n",
        "b12345678901234567890123456789012"
      })
  void whatIsNoIdIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> TaskId.of(text));
  }

  @Test
  void theRefusalSaysWhatIsWrong() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> TaskId.of("ab%")).getMessage();
    assertTrue(message.contains("\"ab%\"") && message.contains("index 2"), message);
  }
}
