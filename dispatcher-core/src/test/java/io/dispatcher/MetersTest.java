package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.cluster.Standing;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetersTest {

  @Test
  void the_standing_of_the_node_is_told() {
    Stats stats = new Meters().snapshot(0, new Standing(7, 2, 1), Map.of());

    assertEquals(7, stats.era());
    assertEquals(2, stats.lostMajorities());
    assertEquals(1, stats.quickRestarts());
  }
}
