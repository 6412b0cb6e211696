package io.dispatcher.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** One door for all tests of a class. */
abstract class OpenDoor {

  static DoorFixture it;

  @BeforeAll
  static void open() {
    it = new DoorFixture();
  }

  @AfterAll
  static void close() {
    it.close();
  }

  static long running(String type) {
    for (JsonNode each : it.get("/v1/types").json().get("types")) {
      if (each.get("name").asText().equals(type)) {
        return each.get("running").asLong();
      }
    }
    return 0;
  }

  static TaskState state(String id) {
    return it.dispatcher.find(TaskId.of(id)).toCompletableFuture().join().orElseThrow().state();
  }
}
