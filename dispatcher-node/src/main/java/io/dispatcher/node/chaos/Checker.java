package io.dispatcher.node.chaos;

import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks in a history for broken promises. Trusts nothing but what a line says its process did: the
 * order of lines of different processes does not count, only their times do, and these only where
 * one thing must have ended before another one began.
 */
final class Checker implements Consumer<Line> {
  private static final int MOST_EXAMPLES = 20;

  private final Map<String, Seen> tasks = new HashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final Set<Long> refused = new HashSet<>();
  private final Timeline timeline = new Timeline();
  private final Rolling rolling = new Rolling();
  private final Map<String, Long> violations = new TreeMap<>();
  private final List<String> examples = new ArrayList<>();
  private final Map<String, Long> plan = new HashMap<>();
  private final List<String> skipped = new ArrayList<>();
  private final Map<String, String> keys = new HashMap<>();
  private long repeated;
  private long ownFailures;
  private long unknown;
  private final Doors doors = new Doors();
  private long loadEnded = Long.MAX_VALUE;
  private @Nullable String broken;

  @Override
  public void accept(Line line) {
    switch (line.kind()) {
      case RUN -> plan(line.text());
      case ACCEPT -> {
        doors.accepted(line);
        accepted(line);
      }
      case REPEAT -> {
        repeated++;
        accepted(line);
      }
      case NO_REPEAT -> {
        keyRefused(line);
        rolling.noOutcome(line);
      }
      case REFUSE -> {
        refused.add(line.number());
        keyRefused(line);
        rolling.noOutcome(line);
      }
      case UNKNOWN -> {
        unknown++;
        rolling.noOutcome(line);
      }
      case START ->
          task(line).starts.add(new Seen.Start(line.attempt(), name(line.node()), line.micros()));
      case RESUME -> task(line).resume(new Seen.Resume(line.attempt(), (int) line.number()));
      case SAVE -> saved(line);
      case STALE, FENCED -> task(line).fenced++;
      case SETTLE -> settled(line);
      case REISSUE -> task(line).reissued(line.attempt(), name(line.text()), line.micros());
      case FAIL -> {
        ownFailures++;
        task(line).fails(line.attempt(), line.micros());
      }
      case CANCEL -> task(line).cancelAsked = true;
      case CANCELLED -> {
        task(line).cancelTold = line.number() == 1;
        task(line).cancelToldAt = line.micros();
      }
      case OUTCOME -> outcome(line);
      case MISSING -> {
        Seen seen = task(line);
        seen.missing = line.text();
        seen.missingAt = Math.min(seen.missingAt, line.micros());
      }
      case STATUS -> task(line).told().status(line);
      case FAULT -> fault(line);
      case VIEW -> timeline.noticed();
      case REMOVED -> timeline.removed(line);
      case THAW -> over(line);
      case DOWN -> down(line);
      case END -> loadEnded = line.micros();
      case BROKEN -> broken = line.text();
      case SUBMIT -> rolling.submitted(line);
      case UP -> doors.up(line);
    }
  }

  private void plan(String text) {
    List<String> parts = List.of(text.split(Plan.SKIPPED));
    skipped.addAll(parts.subList(1, parts.size()));
    for (String part : parts.get(0).split(" ")) {
      String[] pair = part.split("=");
      if (pair.length == 2 && pair[1].matches("-?\\d{1,18}")) {
        plan.put(pair[0], Long.parseLong(pair[1]));
      }
    }
    Long nodes = plan.get("nodes");
    if (nodes != null) {
      timeline.nodes(nodes.intValue());
    }
    Long detection = plan.get(Detection.KEY);
    if (detection != null) {
      timeline.detection(new Detection(Duration.ofMillis(detection)));
    }
  }

  private Seen task(Line line) {
    return tasks.computeIfAbsent(line.task(), id -> new Seen());
  }

  private String name(String node) {
    return names.computeIfAbsent(node, same -> same);
  }

  private void accepted(Line line) {
    Seen seen = task(line);
    if (seen.accepted() && seen.number != line.number()) {
      violated(
          "one-id-for-two",
          line.task(),
          "is the id of the submits " + seen.number + " and " + line.number());
    }
    if (!line.text().isEmpty()) {
      key(seen, line);
    }
    if (!seen.accepted()) {
      seen.number = line.number();
      seen.owner = name(line.node());
      seen.acceptedAt = line.micros();
    }
  }

  private void key(Seen seen, Line line) {
    seen.keyed = true;
    String before = keys.putIfAbsent(line.text(), line.task());
    if (before != null && !before.equals(line.task())) {
      violated("two-ids-for-one-key", line.text(), "stands for " + before + " and " + line.task());
    }
  }

  /** Nobody hands anything else in under the same key. */
  private void keyRefused(Line line) {
    if (line.text().startsWith(TaskRefused.Reason.CONFLICT + ":")) {
      violated("refused-by-its-own-key", "submit " + line.number(), line.text());
    }
  }

  private void saved(Line line) {
    long asked = line.text().matches("\\d{1,18}") ? Long.parseLong(line.text()) : line.micros();
    task(line).save(new Seen.Save(line.attempt(), (int) line.number(), asked));
  }

  private void settled(Line line) {
    if (line.text().equals(TaskState.REMOVED.text())) {
      // It had ended, and nobody can tell any more how.
      return;
    }
    Seen seen = task(line);
    seen.settledAt = Math.min(seen.settledAt, line.micros());
    String what = Seen.settle(line.text(), line.attempt());
    if (line.text().equals(CancelRule.CANCELLED)) {
      seen.cancelled = line.attempt();
    }
    if (seen.settled == null) {
      seen.settled = what;
    } else if (!seen.settled.equals(what) && seen.otherOutcome == null) {
      seen.otherOutcome = what + ", and before " + seen.settled;
    }
  }

  private void outcome(Line line) {
    Seen seen = task(line);
    seen.outcomeAt = Math.min(seen.outcomeAt, line.micros());
    if (seen.outcome == null) {
      seen.outcome = line.text();
      seen.won = line.attempt();
    } else if ((!seen.outcome.equals(line.text()) || seen.won != line.attempt())
        && seen.otherOutcome == null) {
      seen.otherOutcome = line.text() + " by attempt " + line.attempt();
    }
  }

  private void fault(Line line) {
    timeline.fault(line);
    if (line.text().equals(FaultClass.ROLLING.word())) {
      rolling.begins(line.micros());
    } else {
      rolling.otherFault();
    }
  }

  private void over(Line line) {
    timeline.tookEffect(line);
    if (line.node().equals(Timeline.CLUSTER)) {
      rolling.ends(line.micros());
    }
  }

  private void down(Line line) {
    timeline.tookEffect(line);
    if (line.text().startsWith(Place.UNCALLED)) {
      violated("node-ended", line.node(), line.text());
    }
  }

  private void violated(String promise, String who, String how) {
    violations.merge(promise, 1L, Long::sum);
    if (examples.size() < MOST_EXAMPLES) {
      examples.add(promise + ": " + who + " " + how);
    }
  }

  /** After the last line. */
  Verdict verdict() {
    long accepted = 0;
    long finished = 0;
    long open = 0;
    long lostBeyond = 0;
    long twice = 0;
    long restarted = 0;
    long setAside = 0;
    long cancelled = 0;
    long fenced = 0;
    long taskMillis = plan.getOrDefault("task-ms", 0L);
    crowds(taskMillis);
    for (Map.Entry<String, Seen> entry : tasks.entrySet()) {
      String id = entry.getKey();
      Seen seen = entry.getValue();
      seen.starts.sort(Comparator.comparingLong(Seen.Start::micros));
      timeline.starts(seen);
      // What a cancelled attempt returns is refused too, and no older one's.
      fenced += seen.cancelAsked ? 0 : seen.fenced;
      restarted += seen.forced().size() > 1 ? 1 : 0;
      rolling.starts(seen);
      String other = otherOutcome(seen);
      if (other != null) {
        twice++;
        violated("committed-twice", id, "ended also as " + other + "; " + seen.story());
      }
      BiConsumer<String, String> violated = (promise, how) -> violated(promise, id, how);
      new FenceRule(timeline, violated).judge(seen);
      new CancelRule(timeline, violated).judge(seen);
      new StatusRule(timeline, taskMillis, loadEnded, violated).judge(seen);
      PoisonRule poison = new PoisonRule(timeline, violated);
      poison.judge(seen);
      if (CancelRule.CANCELLED.equals(seen.outcome)) {
        cancelled++;
      } else if (seen.outcome != null) {
        boolean aside = poison.isSetAside(seen);
        setAside += aside ? 1 : 0;
        if (!aside) {
          judge(id, seen);
        }
      }
      if (!seen.accepted()) {
        continue;
      }
      accepted++;
      // Of two submits under one key each has an answer of its own.
      if (refused.contains(seen.number) && !seen.keyed) {
        violated("refused-after-accept", id, "was accepted and refused; " + seen.story());
      }
      if (seen.outcome != null) {
        finished++;
      } else if (broken != null) {
        open++;
      } else if (timeline.mayBeLost(seen, StatusRule.longest(taskMillis))) {
        lostBeyond++;
      } else {
        String told = seen.missing == null ? "" : "; who asked was told: " + seen.missing;
        violated("lost", id, "was accepted and has no outcome; " + seen.story() + told);
      }
    }
    rolling();
    return new Verdict(
        accepted,
        finished,
        accepted - finished - open,
        lostBeyond,
        twice,
        restarted,
        fenced,
        setAside,
        refused.size(),
        unknown,
        new Verdict.Special(repeated, ownFailures, cancelled),
        timeline.restarts(),
        timeline.firstStarts(),
        timeline.faults(),
        timeline.rereplicating(),
        timeline.beyondBackups(),
        rolling.figures(),
        new TreeMap<>(violations),
        List.copyOf(examples),
        tooLittle(accepted, open),
        List.copyOf(skipped));
  }

  private void rolling() {
    if (rolling.noticed()) {
      violated("rolling-restart-noticed", "callers", "were told errors: " + rolling.figures());
    }
    if (rolling.wasteful()) {
      violated("rolling-restart-wasteful", "tasks", "began anew: " + rolling.figures());
    }
  }

  /** Faults may keep those who wait, and so may others who wait. */
  private void crowds(long taskMillis) {
    List<Seen> all = tasks.values().stream().filter(Seen::accepted).toList();
    Crowd.of(plan.getOrDefault("nodes", 3L), taskMillis)
        .find(
            all.stream().mapToLong(seen -> seen.acceptedAt).toArray(),
            all.stream().mapToLong(seen -> seen.knownEnd(loadEnded)).toArray(),
            timeline::crowded);
  }

  /** How a task has ended in another way too; null if it has not. */
  private @Nullable String otherOutcome(Seen seen) {
    // An owner tells what the ledger has answered; when all copies die, so does that.
    return seen.otherOutcome != null
            || timeline.beyondBackupsBetween(
                seen.acceptedAt, Math.max(seen.outcomeAt, seen.settledAt))
        ? seen.otherOutcome
        : seen.otherSettled();
  }

  /** Looks at the outcome of a task that was not set aside. */
  private void judge(String id, Seen seen) {
    String[] parts = String.valueOf(seen.outcome).split(" ");
    if (!parts[0].equals(TaskState.SUCCEEDED.text())) {
      // Ten leases do not lapse on one of these short tasks: only deaths set it aside.
      violated("wrong-outcome", id, "cannot end so; " + seen.story());
      return;
    }
    if (seen.won < seen.newestStart()) {
      violated("old-attempt-won", id, "attempt " + seen.won + " ended it; " + seen.story());
    }
    if (seen.failed(seen.won)) {
      violated("failed-attempt-won", id, "attempt " + seen.won + " ended it; " + seen.story());
    }
    if (parts.length != 3
        || !parts[1].equals(Integer.toString(seen.won))
        || !seen.started(seen.won, parts[2])) {
      violated("wrong-outcome", id, "has a value that its attempt did not return; " + seen.story());
    }
    // The copies of an outcome die as those of a task do.
    if (seen.missing != null && !timeline.beyondBackupsBetween(seen.acceptedAt, seen.missingAt)) {
      violated("outcome-gone", id, "who asked later was told: " + seen.missing);
    }
  }

  private List<String> tooLittle(long accepted, long open) {
    List<String> all = new ArrayList<>();
    if (plan.isEmpty()) {
      all.add("the history does not say what the run was to do");
    }
    if (broken != null) {
      all.add("the run broke off, with %,d tasks open: %s".formatted(open, broken));
    } else if (loadEnded == Long.MAX_VALUE) {
      all.add("the run was cut short");
    }
    TooLittle tooLittle = new TooLittle(plan, timeline);
    all.addAll(tooLittle.tasks(accepted));
    all.addAll(doors.tooLittle(plan));
    all.addAll(tooLittle.faults());
    return all;
  }
}
