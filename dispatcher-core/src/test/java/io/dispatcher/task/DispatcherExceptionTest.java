package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DispatcherExceptionTest {
  private static final TaskId ID = TaskId.of("b1");

  static Stream<DispatcherException> all() {
    return Stream.of(
        new DispatcherException("m"),
        new TaskRefused(TaskRefused.Reason.OVERLOADED, "m", Duration.ofSeconds(1)),
        new AcceptUnknown("m", "key", new IllegalStateException()),
        new TaskFailed(ID, new Failure("T", "m", "trace", "a", 1)),
        new TaskCancelled(ID),
        new TaskExpired(ID),
        new StaleAttempt(ID, "a", 2),
        new DispatcherClosed("m"),
        new TaskWaitTimeout(ID, Duration.ofSeconds(1)));
  }

  /** Test runners and loggers serialise exceptions. */
  @ParameterizedTest
  @MethodSource("all")
  void eachCanBeSerialised(DispatcherException exception) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new ObjectOutputStream(bytes).writeObject(exception);
    Object copy = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    assertInstanceOf(exception.getClass(), copy);
    assertEquals(exception.getMessage(), ((Throwable) copy).getMessage());
  }

  @Test
  void messagesNameTaskNodeAndWhatToDo() {
    assertEquals(
        "Attempt 2 of task b1 on node a no longer owns the task; stop working on it, its writes"
            + " are refused",
        new StaleAttempt(ID, "a", 2).getMessage());
    assertEquals(
        "Task b1 was cancelled; submit it again if it is wanted",
        new TaskCancelled(ID).getMessage());
    assertEquals(
        "Task b1 had no outcome within 1 s; it goes on, so wait again, or cancel it",
        new TaskWaitTimeout(ID, Duration.ofSeconds(1)).getMessage());
  }

  @Test
  void theKeyToRepeatWithIsKept() {
    assertEquals(Optional.of("k"), new AcceptUnknown("m", "k", null).idempotencyKey());
    assertEquals(Optional.empty(), new AcceptUnknown("m", null, null).idempotencyKey());
  }
}
