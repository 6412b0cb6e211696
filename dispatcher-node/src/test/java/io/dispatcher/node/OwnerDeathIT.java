package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/**
 * The process that took tasks in, and drives them, is killed: the others drive them to their
 * outcomes, and whoever has an id finds its outcome.
 */
class OwnerDeathIT {
  private static final int STORES = 3;
  private static final int STEADY = 200;
  private static final int STEPS = 12;
  private static final String OWNER = "node-1";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private record Started(String node, DemoTally.Start start) {}

  private final ConcurrentLinkedQueue<Started> starts = new ConcurrentLinkedQueue<>();

  /** The highest step that was saved, by the attempt that saved it, of each task. */
  private final Map<String, Map<Integer, Integer>> saved = new ConcurrentHashMap<>();

  /** Tasks in steps that the owner's process runs. */
  private final Set<String> atTheOwner = ConcurrentHashMap.newKeySet();

  @Test
  void all_that_a_killed_owner_took_in_finishes_once_and_is_shown_elsewhere() throws Exception {
    try (SoakNodes nodes = new SoakNodes(STORES, this::said, SoakNodes.SHORT)) {
      for (int i = 0; i < STORES; i++) {
        nodes.startStore(i, SoakNodes.ALL_ROLES);
      }
      nodes.awaitReady();
      List<String> names = List.of(OWNER, "node-2", "node-3");
      await("all workers are seen by all fronts")
          .atMost(PATIENCE)
          .until(
              () ->
                  nodes.askAll(names, "stats", SoakNode.Figures.class).values().stream()
                      .allMatch(stats -> stats.workers() == STORES));

      OwnedWork.Ids ids = nodes.ask(OWNER, "own " + STEADY + " " + STEPS, OwnedWork.Ids.class);
      await("the owner runs one that has saved")
          .atMost(PATIENCE)
          .until(() -> atTheOwner.stream().anyMatch(id -> savedBefore(id, 2) >= 2));
      long killed = System.currentTimeMillis();
      nodes.kill(OWNER);

      String request = "attach " + String.join(" ", ids.all());
      Map<String, OwnedWork.Shown> shown =
          nodes.askAll(List.of("node-2", "node-3"), request, OwnedWork.Shown.class);

      assertEquals(shown.get("node-2"), shown.get("node-3"), "a task has two outcomes");
      List<String> outcomes = shown.get("node-2").outcomes();
      int plain = ids.finished().size() + ids.steady().size();
      outcomes
          .subList(0, plain)
          .forEach(outcome -> assertTrue(outcome.matches("\\d+ on node-\\d at -?\\d+"), outcome));
      for (int i = 0; i < ids.finished().size(); i++) {
        assertTrue(outcomes.get(i).startsWith("1 on "), "it had ended: " + outcomes.get(i));
      }
      for (int i = 0; i < ids.steps().size(); i++) {
        assertGoesOn(ids.steps().get(i), outcomes.get(plain + i));
      }
      assertEachAttemptStartedOnce();
      tell(killed);
      nodes.done();
    }
  }

  private void said(String node, DemoTally.Start start) {
    int slash = start.id().indexOf('/');
    if (slash < 0) {
      starts.add(new Started(node, start));
      return;
    }
    String id = start.id().substring(0, slash);
    int step = Integer.parseInt(start.id().substring(slash + 1));
    saved
        .computeIfAbsent(id, key -> new ConcurrentHashMap<>())
        .merge(start.attempt(), step, Math::max);
    if (node.equals(OWNER)) {
      atTheOwner.add(id);
    }
  }

  /** The highest step that attempts before this one have saved. */
  private int savedBefore(String id, int attempt) {
    return saved.getOrDefault(id, Map.of()).entrySet().stream()
        .filter(each -> each.getKey() < attempt)
        .mapToInt(Map.Entry::getValue)
        .max()
        .orElse(0);
  }

  /** Each step was done by one attempt, and none that was saved was done again. */
  private void assertGoesOn(String id, String outcome) {
    String[] steps = outcome.split(" ");
    assertEquals(OwnedWork.LAST_STEP, steps.length, outcome);
    int before = 1;
    for (int i = 0; i < steps.length; i++) {
      int attempt = Integer.parseInt(steps[i].substring(0, steps[i].indexOf(':')));
      int step = Integer.parseInt(steps[i].substring(steps[i].indexOf(':') + 1));
      assertEquals(i + 1, step, outcome);
      assertTrue(attempt >= before, outcome);
      if (attempt > before) {
        int least = savedBefore(id, attempt);
        assertTrue(step > least, "step " + least + " was saved before: " + outcome);
      }
      before = attempt;
    }
  }

  private void assertEachAttemptStartedOnce() {
    Set<String> seen = new HashSet<>();
    for (Started each : starts) {
      String attempt = each.start().id() + " attempt " + each.start().attempt();
      assertTrue(seen.add(attempt), attempt + " was started twice");
    }
  }

  /** For information only. */
  private void tell(long killed) {
    List<Long> restarts = new ArrayList<>();
    for (Started each : starts) {
      if (each.start().attempt() > 1 && each.start().millis() >= killed) {
        restarts.add(each.start().millis() - killed);
      }
    }
    SoakReport.say(
        "owner killed: %d tasks started again; ms from the kill: first %d, p50 %d, last %d",
        restarts.size(),
        SoakReport.percentile(restarts, 0),
        SoakReport.percentile(restarts, 50),
        SoakReport.percentile(restarts, 100));
  }
}
