package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Why a task went where it did, as HTTP and the event bus tell it. */
class PlacementJsonTest {

  @Test
  void whoWasDrawnIsToldBesideTheKeysOfBefore() throws Exception {
    Placement placement =
        new Placement(
            "power-of-two",
            "the better of two",
            "b",
            1,
            Instant.parse("2026-01-31T08:00:00Z"),
            List.of(
                new Candidate("b", "", 3, 8, 8, 0, 12.5, true, null),
                new Candidate("d", "", 3, 8, 8, 0, 12.5, false, "full")),
            1);
    TaskStatus status =
        new TaskStatus(
            TaskId.of("a1"),
            "work",
            TaskState.RUNNING,
            null,
            "b",
            1,
            null,
            null,
            false,
            List.of(),
            null,
            null,
            placement);

    String json = Json.buffer(out -> Json.write(out, status)).toString();

    new Contract().checkTask(json);
    JsonNode told = new JsonMapper().readTree(json).path("placement");
    String wanted =
        """
        {"balancer":"power-of-two","rule":"the better of two","node":"b","attempt":1,
         "at":"2026-01-31T08:00:00Z","candidates":[
          {"node":"b","zone":"","load":3,"slots":8,"weight":8.0,"sessions":0,"latencyMillis":12.5,
           "drawn":true},
          {"node":"d","zone":"","load":3,"slots":8,"weight":8.0,"sessions":0,"latencyMillis":12.5,
           "excluded":"full"}],"omitted":1}""";
    assertEquals(new JsonMapper().readTree(wanted), told);
  }
}
