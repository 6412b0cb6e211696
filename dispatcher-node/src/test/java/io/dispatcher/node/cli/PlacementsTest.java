package io.dispatcher.node.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementsTest {

  private static Placement placement(Candidate... candidates) {
    return new Placement(
        "power-of-two",
        "the better of two",
        "b",
        1,
        Instant.parse("2026-01-31T08:00:00Z"),
        List.of(candidates),
        1);
  }

  private static Candidate candidate(String node, boolean drawn, String excluded) {
    return new Candidate(node, "", 3, 8, 8, 0, 12.06, drawn, excluded);
  }

  @Test
  void ofASampleItIsSaidWhoWasInIt() {
    Placement placement =
        placement(
            candidate("a", true, null),
            candidate("b", true, null),
            candidate("c", false, null),
            candidate("d", false, "full"));
    assertEquals(
        List.of(
            "It went to b by power-of-two: the better of two.",
            "CANDIDATE  ZONE  LOAD  SLOTS  WEIGHT  SESSIONS  LATENCY  VERDICT",
            "a             -     3      8    8.00         0  12.1 ms  drawn",
            "b             -     3      8    8.00         0  12.1 ms  chosen",
            "c             -     3      8    8.00         0  12.1 ms  not drawn",
            "d             -     3      8    8.00         0  12.1 ms  full",
            "and 1 more"),
        Placements.lines(placement));
  }

  @Test
  void whereEverybodyIsComparedNothingIsSaidOfDraws() {
    List<String> lines =
        Placements.lines(placement(candidate("a", false, null), candidate("b", false, null)));
    assertEquals("a             -     3      8    8.00         0  12.1 ms  -", lines.get(2));
    assertEquals("b             -     3      8    8.00         0  12.1 ms  chosen", lines.get(3));
  }

  @Test
  void theObjectHasTheKeysOfBeforeAndWhoWasDrawn() throws Exception {
    String json =
        """
        {"balancer":"power-of-two","rule":"the better of two","node":"b","attempt":1,
         "at":"2026-01-31T08:00:00Z","candidates":[
          {"node":"a","zone":"","load":3,"slots":8,"weight":8.0,"sessions":0,"latencyMillis":12.06,
           "drawn":true},
          {"node":"d","zone":"","load":3,"slots":8,"weight":8.0,"sessions":0,"latencyMillis":12.06,
           "excluded":"full"}],"omitted":1}""";
    JsonMapper mapper = new JsonMapper();
    assertEquals(
        mapper.readTree(json),
        mapper.readTree(
            Placements.json(placement(candidate("a", true, null), candidate("d", false, "full")))
                .toString()));
  }
}
