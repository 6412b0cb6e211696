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
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;

/** What clients do in a run: submit, cancel, attach, submit twice, ask; and who still waits. */
final class RunLoad {

  private final RunNodes nodes;
  private final Simulation simulation;
  private final SimWorld world;
  private final Checker checker;
  private final RandomGenerator random;
  private final List<TaskId> ids = new ArrayList<>();
  private final IdentityHashMap<CompletableFuture<?>, Peer> questions = new IdentityHashMap<>();
  private final Map<String, Mode> modes = new HashMap<>();
  private int labels;
  private int poisons;
  private boolean withoutPoison;

  RunLoad(RunNodes nodes) {
    this.nodes = nodes;
    this.simulation = nodes.simulation;
    this.world = nodes.world;
    this.checker = nodes.checker;
    this.random = nodes.random;
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
  }

  /** Fronts are asked what they see, and how tasks stand. */
  void ask(long chaos) {
    RandomGenerator chance = simulation.random("questions");
    for (long at = 0; at < chaos; at += chance.nextLong(200 * MILLI)) {
      Node front = nodes.fronts.get(chance.nextInt(nodes.fronts.size()));
      front.cluster.after(
          at,
          () -> {
            if (front.dispatcher == null) {
              return;
            }
            asked(front, front.dispatcher.view().toCompletableFuture());
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
        answer.thenAccept(
            found ->
                found.ifPresentOrElse(
                    status -> checker.told(status, asked), () -> checker.unknown(id))));
  }

  private void asked(Node front, CompletableFuture<?> answer) {
    questions.put(answer, front.peer());
  }

  /** What was asked of a front that was killed has no answer. */
  boolean allAnswered() {
    return questions.entrySet().stream()
        .allMatch(asked -> asked.getKey().isDone() || !world.alive(asked.getValue()));
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
    List<Task<String, String>> tasks = group.stream().map(this::task).toList();
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
      } else if (what < 20) {
        attachSoon(group.get(i), handles.get(i));
      }
    }
    if (random.nextInt(15) == 0) {
      submitTwice();
    }
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
    modes.put(label, mode);
    Task<String, String> task = RunTasks.WORK.task(label + " " + mode + " " + millis);
    if (mode == Mode.OVER_LIMIT) {
      task = task.timeLimit(Duration.ofMillis(700)).retries(1);
    }
    return random.nextInt(4) == 0 ? task.key("key" + random.nextInt(5)) : task;
  }

  /** The same idempotency key at two nodes.fronts. */
  private void submitTwice() {
    String label = "t" + ++labels;
    Task<String, String> task = task(label).idempotencyKey("once " + label);
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
            handle
                .cancel()
                .whenComplete(
                    (done, error) -> {
                      if (error == null && done) {
                        checker.cancelled(label);
                      }
                    }));
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
