package io.dispatcher;

import static io.dispatcher.RunNodes.MILLI;

import io.dispatcher.RunNodes.Node;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.SimCluster;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The tasks' own code in a run: some fail, some save their steps, some take their node along. */
final class RunTasks {

  static final TaskType<String, String> WORK =
      TaskType.of("work", Codec.text(), Codec.text())
          .backoff(new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.25));

  /** How a task's code behaves. */
  enum Mode {
    OK,
    SLOW,
    LARGE,
    STEPS,
    FAILS_TWICE,
    FAILS,
    THROWS,
    OVER_LIMIT,
    POISON,
    /** Its stage never completes. */
    HANGS,
    /** The same, but only that of the first attempt. */
    HANGS_ONCE,
    /** On a node that is sick it keeps the thread that called it. */
    STUCK
  }

  /** Of what hangs now and then, and not this time. */
  private static final long QUICK = 30 * MILLI;

  /** A failure of a task's code. Its trace would cost more than all the rest. */
  private static final class Fails extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Fails(String message) {
      super(message, null, false, false);
    }
  }

  private final RunNodes nodes;

  RunTasks(RunNodes nodes) {
    this.nodes = nodes;
  }

  CompletionStage<String> handle(SimCluster cluster, String text, TaskContext context) {
    if (nodes.hangs.over()) {
      throw new Fails("the run is over");
    }
    String[] words = text.split(" ");
    String label = words[0];
    Mode mode = Mode.valueOf(words[1]);
    long nanos = Long.parseLong(words[2]) * MILLI;
    nodes.checker.started(label, context.id(), context.attempt(), context.fence(), cluster.peer());
    nodes.slots.started(cluster.peer(), label, context);
    return switch (mode) {
      case THROWS -> {
        ended(cluster, label, context, null);
        throw new Fails(label + "@" + context.attempt() + " throws");
      }
      case POISON -> {
        cluster.after(nanos, () -> poison(cluster, label, context));
        yield new CompletableFuture<>();
      }
      case STEPS -> {
        Steps steps = new Steps(cluster, label, context, nanos);
        context.lastAsync(Codec.text()).whenComplete(steps::begin);
        yield steps.result;
      }
      case HANGS -> nodes.hangs.stage(cluster, label, context, nanos);
      case HANGS_ONCE ->
          context.attempt() == 1
              ? nodes.hangs.stage(cluster, label, context, nanos)
              : runs(cluster, label, mode, context, QUICK);
      case STUCK ->
          nodes.isSick(cluster.peer())
              ? nodes.hangs.thread(cluster, label, context, nanos)
              : runs(cluster, label, mode, context, QUICK);
      default -> runs(cluster, label, mode, context, nanos);
    };
  }

  private CompletionStage<String> runs(
      SimCluster cluster, String label, Mode mode, TaskContext context, long nanos) {
    CompletableFuture<String> result = new CompletableFuture<>();
    int attempt = context.attempt();
    cluster.after(
        nanos,
        () -> {
          boolean fails = mode == Mode.FAILS || (mode == Mode.FAILS_TWICE && attempt <= 2);
          if (fails) {
            ended(cluster, label, context, null);
            result.completeExceptionally(
                new Fails(label + "@" + attempt + " fails on " + cluster.peer()));
          } else {
            String made = label + "@" + attempt + " of " + cluster.peer();
            String full = mode == Mode.LARGE ? made + ".".repeat(5_000) : made;
            ended(cluster, label, context, full);
            result.complete(full);
          }
        });
    return result;
  }

  private void ended(
      SimCluster cluster, String label, TaskContext context, @Nullable String result) {
    nodes.checker.ended(label, context.attempt(), cluster.peer(), result);
    nodes.slots.ended(cluster.peer(), context);
  }

  /** A task that takes its node with it, unless it was stopped before. */
  private void poison(SimCluster cluster, String label, TaskContext context) {
    Peer peer = cluster.peer();
    if (context.cancelled()) {
      ended(cluster, label, context, null);
      return;
    }
    Node front = nodes.fronts.stream().filter(n -> n.peer().equals(peer)).findFirst().orElse(null);
    long others =
        nodes.fronts.stream().filter(n -> n != front && nodes.world.alive(n.peer())).count();
    boolean safe = front == null || (nodes.world.survives(1) && others > 0 && nodes.mayGo(front));
    if (!safe) {
      // More deaths at once than there are backups are promised to nobody.
      cluster.after(100 * MILLI, () -> poison(cluster, label, context));
      return;
    }
    nodes.checker.kills(label, peer);
    if (front != null) {
      nodes.killFront(front, true);
    } else {
      nodes.workers.stream()
          .filter(n -> n.peer().equals(peer))
          .findFirst()
          .ifPresent(worker -> nodes.kill(worker, true));
    }
  }

  /** A task that takes several steps and saves each; a later attempt goes on where it was. */
  private final class Steps {
    private final SimCluster cluster;
    private final String label;
    private final TaskContext context;
    private final long pause;
    private final CompletableFuture<String> result = new CompletableFuture<>();

    Steps(SimCluster cluster, String label, TaskContext context, long pause) {
      this.cluster = cluster;
      this.label = label;
      this.context = context;
      this.pause = pause;
    }

    void begin(Optional<String> last, Throwable error) {
      if (error != null) {
        end(null);
        return;
      }
      int done = last.map(text -> Integer.parseInt(text.trim())).orElse(0);
      nodes.checker.resumed(label, context.attempt(), done);
      step(done);
    }

    private void step(int done) {
      if (done == 4) {
        end(label + "@" + context.attempt() + " of " + cluster.peer());
        return;
      }
      cluster.after(
          pause,
          () -> {
            // Every other one is large, and lies beside the block.
            String text = (done + 1) + (done % 2 == 0 ? "" : " ".repeat(5_000));
            context
                .saveAsync(Codec.text(), text)
                .whenComplete(
                    (nothing, error) -> {
                      if (error != null) {
                        end(null);
                      } else {
                        nodes.checker.saved(label, context.attempt(), done + 1);
                        step(done + 1);
                      }
                    });
          });
    }

    private void end(String made) {
      ended(cluster, label, context, made);
      if (made == null) {
        result.completeExceptionally(new Fails(label + "@" + context.attempt() + " was overtaken"));
      } else {
        result.complete(made);
      }
    }
  }
}
