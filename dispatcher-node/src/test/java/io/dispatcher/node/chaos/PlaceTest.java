package io.dispatcher.node.chaos;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.dispatcher.node.ChildNodes;
import io.dispatcher.node.RunFiles;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What is written down of a process that ends by itself: here one that refuses its arguments. */
class PlaceTest {

  private final List<Line> history = new CopyOnWriteArrayList<>();

  @Test
  void one_that_never_could_be_used_breaks_no_promise() {
    assertEquals("could not be started, exit code 2", ended(false));
  }

  @Test
  void one_that_could_be_used_must_not_end_by_itself() {
    assertEquals(Place.UNCALLED + "ended by itself, exit code 2", ended(true));
  }

  @Test
  void one_that_has_ended_is_not_up() {
    Place place = new Place(0, "node-1", history::add);
    place.up();
    assertFalse(place.isUp());
  }

  private String ended(boolean used) {
    Place place = new Place(0, "node-1", history::add);
    if (used) {
      place.up();
      history.clear();
    }
    try (RunFiles files = new RunFiles("place");
        ChildNodes children = new ChildNodes(files, "64m")) {
      List<String> refused = List.of("chaos-node", "--no-such-option");
      place.follow(children.startAt(List.of(), "node-1", refused, (index, event) -> {}));
      await().atMost(Duration.ofSeconds(60)).until(() -> !history.isEmpty());
      files.done();
    }
    return history.get(0).text();
  }
}
