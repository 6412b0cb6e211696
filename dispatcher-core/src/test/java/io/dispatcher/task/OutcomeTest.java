package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final TaskId ID = TaskId.of("b1");
  private static final Failure FAILURE = new Failure("java.io.IOException", "full", "", "a", 4);

  @Test
  void successGivesTheValue() {
    assertEquals("HELLO", new Outcome.Succeeded<>(ID, "HELLO", 1).orThrow());
    assertNull(new Outcome.Succeeded<Void>(ID, null, 1).orThrow());
  }

  @Test
  void failureThrowsWhatIsKnownAboutIt() {
    Outcome<String> failed = new Outcome.Failed<>(ID, FAILURE, 4);
    TaskFailed thrown = assertThrows(TaskFailed.class, failed::orThrow);
    assertEquals(ID, thrown.id());
    assertEquals(FAILURE, thrown.failure());
    assertEquals(
        "Task b1 failed on node a at attempt 4: java.io.IOException: full", thrown.getMessage());
  }

  @Test
  void theOthersThrowTheirOwnException() {
    assertEquals(ID, assertThrows(TaskCancelled.class, new Outcome.Cancelled<>(ID)::orThrow).id());
    assertEquals(ID, assertThrows(TaskExpired.class, new Outcome.Expired<>(ID)::orThrow).id());
  }

  @Test
  void eachIsAFinalState() {
    assertEquals(TaskState.SUCCEEDED, new Outcome.Succeeded<>(ID, "", 1).state());
    assertEquals(TaskState.FAILED, new Outcome.Failed<>(ID, FAILURE, 1).state());
    assertEquals(TaskState.CANCELLED, new Outcome.Cancelled<>(ID).state());
    assertEquals(TaskState.EXPIRED, new Outcome.Expired<>(ID).state());
  }
}
