package io.dispatcher.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class FailureTest {
  private static final String SMILE = "\uD83D\uDE00"; // 4 bytes

  @Test
  void anErrorIsDescribed() {
    Failure failure = Failure.of(new IOException("disk full"), "a", 3);
    assertEquals("java.io.IOException", failure.type());
    assertEquals("disk full", failure.message());
    assertEquals("java.io.IOException: disk full", failure.summary());
    assertTrue(failure.trace().contains("FailureTest.anErrorIsDescribed"), failure.trace());
    assertEquals("a", failure.node());
    assertEquals(3, failure.attempt());
  }

  @Test
  void anErrorWithoutAMessageHasAnEmptyOne() {
    Failure failure = Failure.of(new IllegalStateException(), "a", 1);
    assertEquals("", failure.message());
    assertEquals("java.lang.IllegalStateException", failure.summary());
  }

  @Test
  void messagesAreCutToAKibibyteBetweenCharacters() {
    assertEquals("x".repeat(1024), Failure.of(new Exception("x".repeat(1024)), "a", 1).message());
    assertEquals("x".repeat(1024), Failure.of(new Exception("x".repeat(1025)), "a", 1).message());
    String pairs = Failure.of(new Exception("x" + SMILE.repeat(300)), "a", 1).message();
    assertEquals("x" + SMILE.repeat(255), pairs);
    assertEquals(1021, pairs.getBytes(UTF_8).length);
  }

  @Test
  void tracesAreCutToEightKibibytes() {
    String trace = Failure.of(new Exception(SMILE.repeat(3000)), "a", 1).trace();
    int bytes = trace.getBytes(UTF_8).length;
    assertTrue(bytes <= 8192 && bytes > 8192 - 4, bytes + " bytes");
    assertEquals(-1, Text.unpairedSurrogate(trace));
  }

  @Test
  void aLongChainOfCausesEndsInAShortTrace() {
    Throwable error = new Exception("last");
    for (int i = 0; i < 20_000; i++) {
      error = new Exception("more", error);
    }
    Failure failure = Failure.of(error, "a", 1);
    assertTrue(failure.trace().startsWith("java.lang.Exception: more"), failure.trace());
    assertTrue(failure.trace().length() <= 8192);
  }

  @Test
  void theWrappersOfFuturesAreTakenOff() {
    Exception inner = new IOException("disk full");
    Throwable wrapped = new CompletionException(new ExecutionException(inner));
    assertEquals("java.io.IOException", Failure.of(wrapped, "a", 1).type());
    assertEquals(
        CompletionException.class.getName(),
        Failure.of(new CompletionException("no cause", null), "a", 1).type());
  }

  @Test
  void wrappersInACircleEnd() {
    ExecutionException circle =
        new ExecutionException("circle", null) {
          @Override
          public synchronized Throwable getCause() {
            return this;
          }
        };
    assertEquals("circle", Failure.of(circle, "a", 1).message());
  }

  @Test
  void errorsWhoseOwnMethodsThrowAreDescribedToo() {
    Exception rude =
        new Exception() {
          @Override
          public String getMessage() {
            throw new IllegalStateException("no message for you");
          }

          @Override
          public void printStackTrace(PrintWriter writer) {
            writer.print("begun ");
            throw new StackOverflowError();
          }
        };
    Failure failure = Failure.of(rude, "a", 1);
    assertEquals("(its getMessage() threw java.lang.IllegalStateException)", failure.message());
    assertEquals(
        "begun (its printStackTrace() threw java.lang.StackOverflowError)", failure.trace());
  }

  @Test
  void whatComesFromElsewhereIsCutToo() {
    Failure failure = new Failure("t".repeat(9999), "m".repeat(9999), "s".repeat(9999), "a", 0);
    assertEquals(512, failure.type().length());
    assertEquals(1024, failure.message().length());
    assertEquals(8192, failure.trace().length());
    assertThrows(IllegalArgumentException.class, () -> new Failure("", "", "", "a", -1));
  }
}
