package io.dispatcher.sim;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sees tasks that nobody moves while workers have slots free. */
final class Stalls {

  private static final long LONGEST_STALL = 5_000_000_000L;

  /**
   * Of what nodes may have died of a worker runs one at a time; and where a task takes nodes with
   * it in the calm phase still, others find more work on fewer slots.
   */
  private static final long LONGEST_STALL_AFTER_KILLS = 20_000_000_000L;

  /** Behind a split, blocks of owners that nobody here has ever seen are not taken at once. */
  private static final long STRANGERS = 3_000_000_000L;

  private SimWorld world;
  private final Simulation simulation;
  private final Violations violations;
  private final Collection<Story> stories;
  private final Map<Peer, Integer> slots = new LinkedHashMap<>();
  private final Map<Peer, Integer> running = new HashMap<>();
  private boolean watching;

  Stalls(SimWorld world, Violations violations, Collection<Story> stories) {
    this.world = world;
    this.simulation = world.simulation();
    this.violations = violations;
    this.stories = stories;
  }

  /** The tasks go on in another cluster. */
  void goesOn(SimWorld next) {
    world = next;
    slots.clear();
  }

  /** A worker with that many slots is there. */
  void worker(Peer peer, int count) {
    slots.put(peer, count);
  }

  /** A worker takes nothing any more. */
  void workerLeaves(Peer peer) {
    slots.remove(peer);
  }

  void started(Peer peer) {
    running.merge(peer, 1, Integer::sum);
  }

  void ended(Peer peer) {
    running.merge(peer, -1, Integer::sum);
  }

  // The calm phase

  /** From now on tasks must move: looks four times a second. */
  void begin() {
    watching = true;
    simulation.after(250_000_000L, this::look);
  }

  private void look() {
    if (!watching) {
      return;
    }
    // What waits in the line of a busy worker has been handed out.
    boolean free = true;
    // Who is left behind and has not heard of it neither shows an outcome nor gives up its tasks.
    boolean heard = world.sides().stream().allMatch(side -> side.unawareUntil <= simulation.now());
    boolean open = world.open() && heard && simulation.now() - world.main().openedAt > STRANGERS;
    for (Map.Entry<Peer, Integer> worker : slots.entrySet()) {
      free &=
          !world.running(worker.getKey())
              || running.getOrDefault(worker.getKey(), 0) < worker.getValue();
    }
    Map<TaskRef, TaskEntry> entries = new HashMap<>();
    for (Block block : world.ledger().contents()) {
      for (int i = 0; i < block.size(); i++) {
        entries.put(new TaskRef(block.id(), i), block.entry(i));
      }
    }
    for (Story story : stories) {
      TaskEntry entry = story.task == null ? null : entries.get(story.task);
      boolean idle =
          free
              && open
              && story.accepted
              && story.shown == null
              && entry != null
              && !(entry.isFinal() && nobodyCouldShow(story))
              && entry.dueAt() <= simulation.wallMillis()
              && !(story.runningNow.contains(entry.attempt())
                  && world.running(story.starts.get(entry.attempt())));
      if (!idle) {
        story.idleSince = -1;
      } else if (story.idleSince < 0) {
        story.idleSince = simulation.now();
      } else if (simulation.now() - story.idleSince > longestStall(entry)) {
        violations.add(
            Promise.PROGRESS,
            story,
            "attempt "
                + entry.attempt()
                + ", "
                + entry.state().text()
                + ": nobody runs or shows it for "
                + longestStall(entry) / 1_000_000_000L
                + " s, it is due, and slots are free");
        story.idleSince = Long.MAX_VALUE / 2;
      }
    }
    simulation.after(250_000_000L, this::look);
  }

  /** Who is cut off shows it once it is back. */
  private boolean nobodyCouldShow(Story story) {
    return story.open.keySet().stream()
        .allMatch(
            front ->
                world.main().nodes.stream().noneMatch(node -> node.name().equals(front.node())));
  }

  private long longestStall(TaskEntry entry) {
    History history = entry.history();
    boolean suspect = history != null && history.suspect();
    return suspect || stories.stream().anyMatch(story -> story.kills > 0)
        ? LONGEST_STALL_AFTER_KILLS
        : LONGEST_STALL;
  }

  void end() {
    watching = false;
  }
}
