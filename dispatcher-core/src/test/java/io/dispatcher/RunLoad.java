package io.dispatcher;

import static io.dispatcher.RunNodes.MILLI;
import static io.dispatcher.RunNodes.SECOND;

import io.dispatcher.RunNodes.Node;
import io.dispatcher.RunTasks.Mode;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Checker;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What clients do in a run: submit, cancel, attach, submit twice, ask; and who still waits. */
final class RunLoad {

  private static final Set<Mode> HANGING = EnumSet.of(Mode.HANGS, Mode.HANGS_ONCE, Mode.STUCK);
  private static final String OTHERWISE = "|failed set aside: .*|cancelled";
  private static final Pattern OVER_TIME =
      Pattern.compile("failed over its time limit of .*" + OTHERWISE);
  private static final Pattern DONE = Pattern.compile("succeeded .*" + OTHERWISE);

  /** So many at once keep every worker busy. */
  private static final int MANY = 80;

  /** A question that a front was asked. */
  record Asked(Peer front, String what) {}

  private final RunNodes nodes;
  private final Simulation simulation;
  private final SimWorld world;
  private final Checker checker;
  private final RandomGenerator random;
  private final RandomGenerator chance;
  private final RunExtras extras;
  private final List<TaskId> ids = new ArrayList<>();
  private final Map<CompletableFuture<?>, Asked> questions = new IdentityHashMap<>();
  private final Map<String, Mode> modes = new HashMap<>();
  private final RandomGenerator retentions;

  /** Their blocks go as soon as their one handle has the outcome. */
  private final Set<String> unkept = new HashSet<>();

  private final Map<String, TaskId> accepted = new LinkedHashMap<>();
  private final Map<String, Task<String, String>> once = new LinkedHashMap<>();
  private int labels;
  private int poisons;
  private boolean withoutPoison;

  RunLoad(RunNodes nodes, RunExtras extras) {
    this.nodes = nodes;
    this.simulation = nodes.simulation;
    this.world = nodes.world;
    this.checker = nodes.checker;
    this.random = nodes.random;
    this.retentions = world.random("retentions");
    this.chance = world.random("hanging tasks");
    this.extras = extras;
    nodes.onExit(this::exits);
  }

  /** The tasks of another cluster go on in this one: who has not seen their outcomes asks here. */
  void goesOn(RunLoad before) {
    labels = before.labels;
    poisons = before.poisons;
    withoutPoison = before.withoutPoison;
    before.accepted.forEach(
        (label, id) -> {
          if (checker.isAccepted(label)) {
            ids.add(id);
          }
        });
    before.accepted.forEach(
        (label, id) -> {
          boolean gone = before.unkept.contains(label) && checker.isShown(label);
          if (checker.isAccepted(label) && !gone) {
            Node front = nodes.any(nodes.fronts);
            front.cluster.after(random.nextLong(SECOND), () -> comeForOutcome(front, label, id));
          }
        });
    before.once.forEach(this::submitTwice);
  }

  private void comeForOutcome(Node front, String label, TaskId id) {
    if (front.dispatcher != null) {
      boolean late = checker.isShown(label);
      checker.submitted(label, front.peer());
      show(front.peer(), label, front.dispatcher.attach(id, RunTasks.WORK), late);
    }
  }

  /** No task takes its node with it. */
  void withoutPoison() {
    withoutPoison = true;
  }

  void load(long chaos) {
    int tasks = 60 + random.nextInt(60);
    while (labels < tasks) {
      int together = random.nextInt(3) == 0 ? 2 + random.nextInt(9) : 1;
      List<String> group = new ArrayList<>();
      for (int i = 0; i < together; i++) {
        group.add("t" + ++labels);
      }
      Node front = nodes.any(nodes.fronts);
      front.cluster.after(random.nextLong(chaos), () -> submit(front, group));
    }
    if (extras.sick() > 0) {
      Node front = nodes.fronts.get(chance.nextInt(nodes.fronts.size()));
      List<String> many = Stream.generate(() -> "t" + ++labels).limit(MANY).toList();
      front.cluster.after(chance.nextLong(chaos / 2), () -> submit(front, many));
    }
  }

  /** Fronts are asked what they see, and how tasks stand. */
  void ask(long chaos) {
    RandomGenerator chance = world.random("questions");
    for (long at = 0; at < chaos; at += chance.nextLong(200 * MILLI)) {
      Node front = nodes.fronts.get(chance.nextInt(nodes.fronts.size()));
      front.cluster.after(
          at,
          () -> {
            if (front.dispatcher == null) {
              return;
            }
            asked(front, "view", front.dispatcher.view().toCompletableFuture());
            if (!ids.isEmpty()) {
              // Often the newest again, through another front.
              int from = chance.nextBoolean() ? 0 : Math.max(0, ids.size() - 3);
              ask(front, front.dispatcher, ids.get(chance.nextInt(from, ids.size())));
            }
          });
    }
  }

  private void ask(Node front, Dispatcher dispatcher, TaskId id) {
    long asked = simulation.now();
    CompletableFuture<Optional<TaskStatus>> answer = dispatcher.find(id).toCompletableFuture();
    asked(
        front,
        "find " + id.text(),
        answer.thenAccept(
            found ->
                found.ifPresentOrElse(
                    status -> checker.told(status, asked), () -> checker.unknown(id))));
  }

  private void asked(Node front, String what, CompletableFuture<?> answer) {
    questions.put(answer, new Asked(front.peer(), what));
  }

  /** Questions without an answer; what was asked of a front that was killed needs none. */
  List<Asked> unanswered() {
    questions.keySet().removeIf(CompletableFuture::isDone);
    return questions.values().stream().filter(asked -> world.alive(asked.front())).toList();
  }

  /** Who waits at a node that ends itself is told before its process is gone. */
  private void exits(Peer front) {
    questions.forEach(
        (answer, asked) -> {
          if (asked.front().equals(front) && !answer.isDone()) {
            simulation.error(
                front.node(), new IllegalStateException("it ended, and did not answer " + asked));
          }
        });
  }

  private void submit(Node front, List<String> group) {
    if (front.dispatcher == null) {
      // It is about to start.
      return;
    }
    if (front.leaves && random.nextInt(8) > 0) {
      // Mostly its clients have heard, and go elsewhere.
      nodes.fronts.stream()
          .filter(other -> !other.leaves && other.dispatcher != null && other.cluster.alive())
          .findFirst()
          .ifPresent(
              other -> other.cluster.after(random.nextLong(MILLI), () -> submit(other, group)));
      return;
    }
    List<Task<String, String>> tasks = group.stream().map(this::keptOrNot).toList();
    group.forEach(label -> checker.submitted(label, front.peer()));
    List<TaskHandle<String>> handles =
        tasks.size() == 1
            ? List.of(front.dispatcher.submit(tasks.get(0)))
            : front.dispatcher.submitAll(tasks);
    for (int i = 0; i < group.size(); i++) {
      follow(front.peer(), group.get(i), handles.get(i));
      int what = random.nextInt(100);
      if (what < 10) {
        cancelSoon(front, group.get(i), handles.get(i));
      } else if (what < 20 && !unkept.contains(group.get(i))) {
        attachSoon(group.get(i), handles.get(i));
      }
    }
    if (random.nextInt(15) == 0) {
      submitTwice();
    }
  }

  private Task<String, String> keptOrNot(String label) {
    if (retentions.nextBoolean()) {
      return task(label);
    }
    unkept.add(label);
    return task(label).retention(Duration.ZERO);
  }

  private Task<String, String> task(String label) {
    Mode mode = Mode.OK;
    int what = random.nextInt(100);
    long millis = random.nextLong(150);
    if (what < 8) {
      mode = Mode.SLOW;
      millis = 1_000 + random.nextLong(4_000);
    } else if (what < 14) {
      mode = Mode.FAILS_TWICE;
    } else if (what < 17) {
      mode = Mode.FAILS;
    } else if (what < 19) {
      mode = Mode.THROWS;
    } else if (what < 21) {
      mode = Mode.OVER_LIMIT;
      millis = 3_000;
    } else if (what < 25) {
      mode = Mode.LARGE;
    } else if (what < 33) {
      mode = Mode.STEPS;
      millis = 200 + random.nextLong(400);
    } else if (what < 34 && poisons < 2) {
      mode = withoutPoison ? Mode.OK : Mode.POISON;
      poisons++;
    }
    if (mode == Mode.OK) {
      mode = hanging();
    }
    modes.put(label, mode);
    Task<String, String> task = RunTasks.WORK.task(label + " " + mode + " " + millis);
    if (mode == Mode.OVER_LIMIT) {
      task = task.timeLimit(Duration.ofMillis(700)).retries(1);
    } else if (HANGING.contains(mode)) {
      task = hanging(label, mode);
    }
    return random.nextInt(4) == 0 ? task.key("key" + random.nextInt(5)) : task;
  }

  /** How a task behaves that would otherwise just run. */
  private Mode hanging() {
    if (chance.nextInt(100) < extras.hanging()) {
      return chance.nextBoolean() ? Mode.HANGS : Mode.HANGS_ONCE;
    }
    return extras.sick() > 0 ? Mode.STUCK : Mode.OK;
  }

  private Task<String, String> hanging(String label, Mode mode) {
    int limit = 200 + chance.nextInt(500);
    int retries = mode == Mode.HANGS ? chance.nextInt(3) : mode == Mode.HANGS_ONCE ? 2 : 12;
    checker.expects(label, mode == Mode.HANGS ? OVER_TIME : DONE, retries + 1);
    return RunTasks.WORK
        .task(label + " " + mode + " " + limit)
        .timeLimit(Duration.ofMillis(limit))
        .retries(retries);
  }

  /** The same idempotency key at two nodes.fronts. */
  private void submitTwice() {
    String label = "t" + ++labels;
    Task<String, String> task = task(label).idempotencyKey("once " + label);
    once.put(label, task);
    submitTwice(label, task);
  }

  private void submitTwice(String label, Task<String, String> task) {
    for (int i = 0; i < 2; i++) {
      Node front = nodes.any(nodes.fronts);
      front.cluster.after(
          random.nextLong(300 * MILLI),
          () -> {
            if (front.dispatcher == null) {
              return;
            }
            checker.submitted(label, front.peer());
            follow(front.peer(), label, front.dispatcher.submit(task));
          });
    }
  }

  private void follow(Peer front, String label, TaskHandle<String> handle) {
    handle
        .accepted()
        .whenComplete(
            (id, error) -> {
              if (error == null) {
                ids.add(id);
                accepted.put(label, id);
                checker.accepted(label, id);
              } else {
                Throwable cause = unwrap(error);
                boolean certain = Checker.certainlyNotAccepted(cause);
                checker.notAccepted(label, cause, certain, front);
              }
            });
    show(front, label, handle, false);
  }

  private void show(Peer front, String label, TaskHandle<String> handle, boolean late) {
    handle
        .outcome()
        .whenComplete(
            (outcome, error) -> {
              if (error == null) {
                checker.shown(label, outcome, front);
              } else {
                checker.notShown(label, unwrap(error), late, front);
              }
            });
  }

  private void cancelSoon(Node front, String label, TaskHandle<String> handle) {
    front.cluster.after(
        random.nextLong(SECOND),
        () ->
            asked(
                front,
                "cancel " + label,
                handle
                    .cancel()
                    .whenComplete(
                        (done, error) -> {
                          if (error == null && done) {
                            checker.cancelled(label);
                          }
                        })
                    .toCompletableFuture()));
  }

  /** A second handle of the same task, from another front. */
  private void attachSoon(String label, TaskHandle<String> handle) {
    Node other = nodes.any(nodes.fronts);
    handle
        .accepted()
        .thenAccept(
            id ->
                other.cluster.after(
                    random.nextLong(500 * MILLI),
                    () -> {
                      if (other.dispatcher == null) {
                        return;
                      }
                      checker.submitted(label, other.peer());
                      TaskHandle<String> second = other.dispatcher.attach(id, RunTasks.WORK);
                      show(other.peer(), label, second, true);
                      if (random.nextInt(3) == 0) {
                        cancelSoon(other, label, second);
                      }
                    }));
  }

  private static Throwable unwrap(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  /** Tasks that nobody had a reason to start again, and somebody did. */
  List<String> startedAgain() {
    List<String> again = new ArrayList<>();
    modes.forEach(
        (label, mode) -> {
          boolean once = mode == Mode.OK || mode == Mode.SLOW || mode == Mode.LARGE;
          if (once && checker.starts(label) > 1) {
            again.add(label);
          }
        });
    return again;
  }
}
