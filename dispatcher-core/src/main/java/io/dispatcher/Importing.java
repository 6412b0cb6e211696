package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Archive;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskRefused.Reason;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Brings records of an export into the ledger, with this front as the owner of what was not there.
 * To bring the same again changes nothing. Confined to the front's loop.
 */
final class Importing {

  private static final int WRITE_TOGETHER = 64;
  private static final long PATIENCE = 10_000_000_000L;

  private final Loop loop;
  private final LedgerWriter writer;
  private final Peer self;
  private final Recovery recovery;
  private final BooleanSupplier leaving;
  private final Capacity capacity;
  private final Callbacks callbacks;
  private final Set<Run> runs = new HashSet<>();
  private boolean abandoned;

  /**
   * @param leaving whether this front is draining
   */
  Importing(
      Loop loop,
      LedgerWriter writer,
      Peer self,
      Recovery recovery,
      BooleanSupplier leaving,
      Capacity capacity,
      Callbacks callbacks) {
    this.loop = loop;
    this.writer = writer;
    this.self = self;
    this.recovery = recovery;
    this.leaving = leaving;
    this.capacity = capacity;
    this.callbacks = callbacks;
  }

  /** This node is another peer now: what is not brought in is to be brought again. */
  void abandon() {
    abandoned = true;
    List.copyOf(runs).forEach(run -> run.end("this node has joined its cluster again"));
  }

  /** Completes on the callback executor, when all of it is on every replica. */
  void bring(List<Archive.Item> items, CompletableFuture<Imported> done) {
    if (leaving.getAsBoolean()) {
      callbacks.add(
          () ->
              done.completeExceptionally(
                  new DispatcherClosed(
                      "node " + self.node() + " is draining; import through another node")));
    } else if (capacity.storeFill() >= 1) {
      callbacks.add(
          () ->
              done.completeExceptionally(
                  new TaskRefused(
                      Reason.OVERLOADED,
                      "records were not brought in: the fullest store node has no room",
                      Duration.ofSeconds(5))));
    } else {
      Run run = new Run(items, done);
      runs.add(run);
      run.next();
    }
  }

  private final class Run {
    private final ArrayDeque<Archive.Item> left;
    private final CompletableFuture<Imported> done;
    private final long begun = loop.now();
    private Imported imported = Imported.NOTHING;
    private int underWay;
    private boolean failed;

    Run(List<Archive.Item> items, CompletableFuture<Imported> done) {
      this.left = new ArrayDeque<>(items);
      this.done = done;
    }

    void next() {
      while (!failed && underWay < WRITE_TOGETHER && !left.isEmpty()) {
        underWay++;
        Archive.Item item = left.remove();
        Block block = item.block();
        if (block != null) {
          bring(Archive.ownedBy(block, self));
        } else {
          writer.putValue(
              Objects.requireNonNull(item.value()),
              Objects.requireNonNull(item.bytes()),
              this::answered,
              this::outOfPatience,
              this::fail);
        }
      }
      if (underWay == 0 && left.isEmpty() && !failed) {
        runs.remove(this);
        Imported result = imported;
        callbacks.add(() -> done.complete(result));
        callbacks.flush();
      }
    }

    private void bring(Block block) {
      writer.write(
          block.id(),
          new Change.Import(writer.newWrite(), block),
          answer -> {
            // Though the rest was given up: nobody else knows that it is this front's now.
            if (!abandoned) {
              brought(answer);
            }
            answered();
          },
          this::outOfPatience,
          this::fail);
    }

    private void brought(Answer answer) {
      Block now = Objects.requireNonNull(answer.block(), "an import shows the block");
      int tasks = 0;
      int outcomes = 0;
      for (int i = 0; i < now.size(); i++) {
        tasks += now.entry(i).isFinal() ? 0 : 1;
        outcomes += now.entry(i).isFinal() && now.entry(i).state() != TaskState.REMOVED ? 1 : 0;
      }
      if (answer.status() == Answer.Status.CONFLICT) {
        imported = imported.plus(new Imported(0, 0, 0, 1));
      } else if (answer.status() == Answer.Status.RECORDED && recovery.brought(now)) {
        imported = imported.plus(new Imported(tasks, outcomes, 0, 0));
      } else {
        imported = imported.plus(new Imported(0, 0, tasks + outcomes, 0));
      }
    }

    private void answered() {
      underWay--;
      next();
    }

    private boolean outOfPatience() {
      return loop.now() - begun >= PATIENCE;
    }

    private void fail(String why) {
      underWay--;
      end(why);
    }

    private void end(String why) {
      if (!failed) {
        failed = true;
        runs.remove(this);
        callbacks.add(
            () ->
                done.completeExceptionally(
                    new TaskRefused(
                        Reason.NO_QUORUM,
                        "records were not brought in: " + why + "; bring them again",
                        Duration.ofSeconds(5))));
        callbacks.flush();
      }
    }
  }
}
