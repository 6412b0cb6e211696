package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TestTaskContextTest {
  private final TestTaskContext context = TaskContext.forTest();

  @Test
  void itStartsAsAFirstAttempt() {
    assertEquals(1, context.attempt());
    assertEquals(1, context.fence());
    assertEquals("test", context.node());
    assertEquals("test", context.type());
    assertEquals(TaskId.of("Test"), context.id());
    assertEquals(Optional.empty(), context.key());
    assertEquals(Optional.empty(), context.deadline());
    assertFalse(context.cancelled());
    assertEquals(List.of(), context.progressNotes());
  }

  @Test
  void everythingCanBeSet() {
    context
        .id(TaskId.of("b7"))
        .type("shout")
        .key("user-42")
        .attempt(3)
        .node("a")
        .deadline(Instant.EPOCH);
    assertEquals(TaskId.of("b7"), context.id());
    assertEquals("shout", context.type());
    assertEquals(Optional.of("user-42"), context.key());
    assertEquals(3, context.attempt());
    assertEquals(3, context.fence());
    assertEquals(9, context.fence(9).fence());
    assertEquals("a", context.node());
    assertEquals(Optional.of(Instant.EPOCH), context.deadline());
    assertEquals(Optional.empty(), context.key(null).key());
    assertThrows(IllegalArgumentException.class, () -> context.attempt(0));
  }

  @Test
  void cancelTellsTheHandlerOnce() {
    AtomicInteger told = new AtomicInteger();
    context.cancellation().thenRun(told::incrementAndGet);
    assertEquals(0, told.get());
    context.cancel().cancel();
    assertTrue(context.cancelled());
    assertEquals(1, told.get());
    context.cancellation().thenRun(told::incrementAndGet);
    assertEquals(2, told.get());
  }

  @Test
  void aHandlerCannotCancelItself() {
    CompletableFuture<Void> copy = context.cancellation().toCompletableFuture();
    copy.complete(null);
    assertFalse(context.cancelled());
  }

  @Test
  void progressNotesAreKeptInOrderAndCut() {
    context.progress("half");
    context.progress("x".repeat(255) + "\uD83D\uDE00"); // the pair would end at 257
    assertEquals(List.of("half", "x".repeat(255)), context.progressNotes());
  }

  @Test
  void aHandlerRunsWithoutADispatcher() throws Exception {
    Handler<String, String> shout =
        (words, ctx) -> {
          ctx.progress("at attempt " + ctx.attempt());
          return words.toUpperCase(java.util.Locale.ROOT);
        };
    assertEquals("HELLO", shout.handle("hello", context.attempt(2)));
    assertEquals(List.of("at attempt 2"), context.progressNotes());
  }
}
