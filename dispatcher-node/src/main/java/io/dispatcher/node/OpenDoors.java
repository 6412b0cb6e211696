package io.dispatcher.node;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The doors of a node and the Vert.x that they stand on. Thread-safe. */
final class OpenDoors implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(OpenDoors.class);
  private static final long CLOSE_SECONDS = 10;

  private final Vertx vertx;
  private final List<Door> doors = new CopyOnWriteArrayList<>();
  private boolean closed;

  // Guarded by the list of doors.
  private boolean rejoined;
  private @Nullable CompletionStage<Vertx> newestBus;

  OpenDoors() {
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setFileSystemOptions(
                    // Nothing is served from files; otherwise each process leaves a folder behind.
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
  }

  Vertx vertx() {
    return vertx;
  }

  /** Opens every door that the configuration asks for. Blocks. */
  void open(List<Door.Factory> factories, DoorContext context) {
    for (Door.Factory factory : factories) {
      Door door = factory.open(context);
      if (door != null) {
        add(door);
      }
    }
  }

  private void add(Door door) {
    synchronized (doors) {
      doors.add(door);
      if (rejoined) {
        // It may have been while the door was opened.
        door.rejoined(newestBus);
      }
    }
  }

  /** As {@link Door#rejoined}. */
  void rejoined(@Nullable CompletionStage<Vertx> bus) {
    synchronized (doors) {
      // Under the lock, so that every door is told of the newest one last: none of them blocks.
      rejoined = true;
      newestBus = bus;
      doors.forEach(door -> door.rejoined(bus));
    }
  }

  List<String> addresses() {
    return doors.stream().map(Door::address).toList();
  }

  void stopIntake() {
    for (Door door : doors) {
      try {
        door.stopIntake();
      } catch (RuntimeException e) {
        log.warn(
            "door {} went on taking tasks until it was closed: {}", door.address(), e.toString());
      }
    }
  }

  /** Closes all; a second call does nothing. Blocks. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (Door door : doors) {
      try {
        door.close();
      } catch (RuntimeException e) {
        log.warn("door {} was not closed in order: {}", door.address(), e.toString());
      }
    }
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("the Vert.x of the doors was not closed in order: {}", e.toString());
    }
  }
}
