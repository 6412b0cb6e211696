package io.dispatcher.node;

import static io.dispatcher.task.Codec.text;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Work that outlives the process that submitted it, inside a {@link SoakNode}. */
final class OwnedWork {
  static final TaskType<String, String> STEADY = TaskType.of("steady", text(), text());

  /** Work in steps, each with a checkpoint. Its result tells which attempt did which step. */
  static final TaskType<String, String> STEPS = TaskType.of("steps", text(), text());

  static final int LAST_STEP = 10;
  private static final int STEADY_MILLIS = 100;
  private static final int STEP_MILLIS = 150;
  private static final int FINISHED_BEFORE = 5;
  private static final Duration SOON = Duration.ofSeconds(20);

  private OwnedWork() {}

  /** Ids of tasks that one node took in; those of the first list have ended. */
  record Ids(List<String> finished, List<String> steady, List<String> steps) {
    List<String> all() {
      return Stream.of(finished, steady, steps).flatMap(List::stream).toList();
    }
  }

  /** What a node shows of tasks it is asked for, in their order. */
  record Shown(List<String> outcomes) {}

  static String steady(TaskContext context, ParentLink parent) throws InterruptedException {
    say(parent, context.id().text(), context.attempt());
    TimeUnit.MILLISECONDS.sleep(STEADY_MILLIS);
    return context.attempt() + " on " + context.node() + " at " + System.nanoTime();
  }

  /** Says each step that is saved like a start: the number of the step follows the id. */
  static String steps(TaskContext context, ParentLink parent) throws InterruptedException {
    say(parent, context.id().text(), context.attempt());
    String done = context.last(text()).orElse("");
    int next = done.isEmpty() ? 1 : done.split(" ").length + 1;
    for (int step = next; step <= LAST_STEP; step++) {
      TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
      done = (done + " " + context.attempt() + ":" + step).strip();
      context.save(text(), done);
      say(parent, context.id().text() + "/" + step, context.attempt());
    }
    return done;
  }

  private static void say(ParentLink parent, String id, int attempt) {
    parent.event(new DemoTally.Start(id, attempt, System.currentTimeMillis()).text());
  }

  /** Waits for the outcomes of a few, and for the acceptance of the others. */
  static Ids submit(Dispatcher dispatcher, int steady, int steps) {
    List<TaskHandle<String>> finished = new ArrayList<>();
    for (int i = 0; i < FINISHED_BEFORE; i++) {
      finished.add(dispatcher.submit(STEADY.task("first")));
    }
    finished.forEach(handle -> handle.await(SOON));
    List<TaskHandle<String>> later =
        dispatcher.submitAll(
            Stream.generate(() -> STEPS.task("x").priority(1)).limit(steps).toList());
    List<TaskHandle<String>> all =
        dispatcher.submitAll(Stream.generate(() -> STEADY.task("x")).limit(steady).toList());
    return new Ids(ids(finished), ids(all), ids(later));
  }

  private static List<String> ids(List<TaskHandle<String>> handles) {
    return handles.stream()
        .map(handle -> handle.accepted().toCompletableFuture().join().text())
        .toList();
  }

  static Shown attach(Dispatcher dispatcher, List<String> ids) {
    List<CompletableFuture<Outcome<String>>> outcomes =
        ids.stream()
            .map(id -> dispatcher.attach(TaskId.of(id), STEADY).outcome().toCompletableFuture())
            .toList();
    return new Shown(
        outcomes.stream()
            .map(
                outcome ->
                    outcome
                        .orTimeout(SOON.toSeconds(), TimeUnit.SECONDS)
                        .handle((end, error) -> error == null ? shown(end) : error.toString())
                        .join())
            .toList());
  }

  private static String shown(Outcome<String> outcome) {
    return outcome instanceof Outcome.Succeeded<String> done ? done.value() : outcome.toString();
  }
}
