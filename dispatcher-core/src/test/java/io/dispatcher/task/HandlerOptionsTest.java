package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class HandlerOptionsTest {
  private static final HandlerOptions DEFAULT = HandlerOptions.DEFAULT;

  @Test
  void withersSetTheirOwnOptionOnly() {
    HandlerOptions options =
        DEFAULT.pool("io").timeLimit(Duration.ofSeconds(1)).noRetry(IOException.class);
    assertEquals(
        new HandlerOptions("io", Duration.ofSeconds(1), List.of(IOException.class)), options);
    assertNull(DEFAULT.pool());
    assertNull(DEFAULT.timeLimit());
    assertEquals(List.of(), DEFAULT.noRetry());
  }

  @Test
  void rangesAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> DEFAULT.pool(""));
    assertThrows(IllegalArgumentException.class, () -> DEFAULT.pool(" "));
    assertThrows(IllegalArgumentException.class, () -> DEFAULT.pool("x".repeat(101)));
    assertThrows(IllegalArgumentException.class, () -> DEFAULT.timeLimit(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> DEFAULT.timeLimit(Duration.ofHours(25)));
  }

  @Test
  void theListIsCopied() {
    List<Class<? extends Throwable>> errors = new ArrayList<>(List.of(IOException.class));
    HandlerOptions options = new HandlerOptions(null, null, errors);
    errors.clear();
    assertEquals(List.of(IOException.class), options.noRetry());
  }

  @Test
  void subclassesAndWrappedErrorsAreNotRetriedEither() {
    HandlerOptions options = DEFAULT.noRetry(IOException.class);
    assertFalse(options.retryable(new IOException()));
    assertFalse(options.retryable(new FileNotFoundException()));
    assertFalse(options.retryable(new CompletionException(new IOException())));
    assertTrue(options.retryable(new IllegalStateException(new IOException())));
    assertTrue(DEFAULT.retryable(new IOException()));
  }
}
