package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {
  /** The lowest port that Linux chooses for an outgoing connection; other systems start later. */
  private static final int OUTGOING = 32_768;

  @Test
  void ports_of_nodes_are_not_those_of_outgoing_connections() {
    List<Integer> ports = Ports.free(50);

    assertEquals(50, Set.copyOf(ports).size());
    ports.forEach(port -> assertTrue(port > 1024 && port < OUTGOING, ports::toString));
  }
}
