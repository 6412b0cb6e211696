package io.dispatcher.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

class LoopbackPortsTest {
  /** The lowest port that Linux chooses for an outgoing connection; other systems start later. */
  private static final int OUTGOING = 32_768;

  @Test
  void they_are_not_those_of_outgoing_connections() {
    List<Integer> ports = LoopbackPorts.free(50);

    assertEquals(50, Set.copyOf(ports).size());
    ports.forEach(port -> assertTrue(port > 1024 && port < OUTGOING, ports::toString));
  }

  @Test
  void processes_that_draw_the_same_range_have_no_port_in_common() {
    long seed = ThreadLocalRandom.current().nextLong();
    LoopbackPorts one = new LoopbackPorts(new SplittableRandom(seed));
    LoopbackPorts other = new LoopbackPorts(new SplittableRandom(seed));

    Set<Integer> ports = new HashSet<>(one.choose(40));
    ports.addAll(other.choose(40));
    ports.addAll(one.choose(20));

    assertEquals(100, ports.size(), "seed " + seed);
  }
}
