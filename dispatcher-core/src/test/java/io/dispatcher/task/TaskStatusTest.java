package io.dispatcher.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TaskStatusTest {
  private static final TaskId ID = TaskId.of("b1");

  @Test
  void allStatesButTwoAreFinal() {
    EnumSet<TaskState> open = EnumSet.allOf(TaskState.class);
    open.removeIf(TaskState::isFinal);
    assertEquals(EnumSet.of(TaskState.WAITING, TaskState.RUNNING), open);
  }

  @Test
  void namesAreThoseOfTheDesign() {
    assertEquals(
        List.of("delayed", "backoff", "no-handler", "no-label", "all-full", "order", "access"),
        Arrays.stream(WaitingReason.values()).map(WaitingReason::text).toList());
    assertEquals(
        "waiting running succeeded failed cancelled expired removed",
        Arrays.stream(TaskState.values()).map(TaskState::text).collect(Collectors.joining(" ")));
  }

  @Test
  void namesAreReadBack() {
    for (TaskState state : TaskState.values()) {
      assertEquals(state, TaskState.of(state.text()));
    }
    for (WaitingReason reason : WaitingReason.values()) {
      assertEquals(reason, WaitingReason.of(reason.text()));
    }
    assertThrows(IllegalArgumentException.class, () -> TaskState.of("WAITING"));
    assertThrows(IllegalArgumentException.class, () -> WaitingReason.of("no_handler"));
  }

  @Test
  void onlyWaitingTasksHaveAReasonToWait() {
    new TaskStatus(ID, "t", TaskState.WAITING, WaitingReason.ALL_FULL, null, 0, null, null, false);
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new TaskStatus(
                ID, "t", TaskState.RUNNING, WaitingReason.ALL_FULL, "a", 1, null, null, false));
    assertThrows(
        IllegalArgumentException.class,
        () -> new TaskStatus(ID, "t", TaskState.RUNNING, null, "a", -1, null, null, false));
  }
}
