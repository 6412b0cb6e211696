package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class TaskHandleTest {
  private static final TaskId ID = TaskId.of("b1");
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Handle handle = new Handle();

  @Test
  void theResultIsReturned() {
    handle.outcome.complete(new Outcome.Succeeded<>(ID, "HELLO", 1));
    assertEquals("HELLO", handle.await(LONG));
    assertEquals("HELLO", handle.await(Duration.ZERO));
    assertEquals("HELLO", handle.await(Duration.ofSeconds(Long.MIN_VALUE)));
    assertEquals("HELLO", handle.await(Duration.ofSeconds(Long.MAX_VALUE)));
  }

  @Test
  void aResultThatComesDuringTheWaitIsReturned() throws Exception {
    CompletableFuture<Outcome<String>> outcome = handle.outcome;
    Thread settler = new Thread(() -> outcome.complete(new Outcome.Succeeded<>(ID, "late", 1)));
    settler.start();
    assertEquals("late", handle.await(Duration.ofSeconds(Long.MAX_VALUE)));
    settler.join();
  }

  @Test
  void otherOutcomesAreThrown() {
    handle.outcome.complete(new Outcome.Expired<>(ID));
    assertThrows(TaskExpired.class, () -> handle.await(LONG));
  }

  @Test
  void aRefusalIsThrownAsItIs() {
    TaskRefused refused = new TaskRefused(TaskRefused.Reason.OVERLOADED, "full", LONG);
    handle.outcome.completeExceptionally(new CompletionException(refused));
    assertSame(refused, assertThrows(TaskRefused.class, () -> handle.await(LONG)));
    assertEquals(Optional.of(LONG), refused.retryAfter());
  }

  @Test
  void errorsFromOutsideAreWrapped() {
    IOException cause = new IOException("no");
    handle.outcome.completeExceptionally(cause);
    DispatcherException thrown = assertThrows(DispatcherException.class, () -> handle.await(LONG));
    assertSame(cause, thrown.getCause());
  }

  @Test
  void theEndOfTheWaitNamesTheTaskOnceItHasAnId() {
    TaskWaitTimeout early =
        assertThrows(TaskWaitTimeout.class, () -> handle.await(Duration.ofMillis(1)));
    assertEquals(Optional.empty(), early.id());
    assertTrue(early.getMessage().contains("not accepted within 1 ms"), early.getMessage());

    handle.accepted.complete(ID);
    TaskWaitTimeout late =
        assertThrows(TaskWaitTimeout.class, () -> handle.await(Duration.ofSeconds(-1)));
    assertEquals(Optional.of(ID), late.id());
    assertTrue(late.getMessage().startsWith("Task b1 had no outcome"), late.getMessage());
  }

  @Test
  void anInterruptEndsTheWaitAndIsKept() {
    handle.accepted.complete(ID);
    Thread.currentThread().interrupt();
    DispatcherException thrown;
    boolean kept;
    try {
      thrown = assertThrows(DispatcherException.class, () -> handle.await(LONG));
    } finally {
      kept = Thread.interrupted();
    }
    assertTrue(kept);
    assertInstanceOf(InterruptedException.class, thrown.getCause());
    assertTrue(thrown.getMessage().contains("task b1 was interrupted"), thrown.getMessage());
  }

  @Test
  void aWaitThatEndsLeavesTheStagesAlone() {
    assertThrows(TaskWaitTimeout.class, () -> handle.await(Duration.ZERO));
    assertTrue(!handle.outcome.isDone() && !handle.accepted.isDone());
  }

  private static final class Handle implements TaskHandle<String> {
    final CompletableFuture<TaskId> accepted = new CompletableFuture<>();
    final CompletableFuture<Outcome<String>> outcome = new CompletableFuture<>();

    @Override
    public CompletionStage<TaskId> accepted() {
      return accepted.minimalCompletionStage();
    }

    @Override
    public CompletionStage<String> result() {
      return outcome.thenApply(Outcome::orThrow);
    }

    @Override
    public CompletionStage<Outcome<String>> outcome() {
      return outcome.minimalCompletionStage();
    }

    @Override
    public CompletionStage<Boolean> cancel() {
      return CompletableFuture.completedStage(false);
    }
  }
}
