package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.Topology;
import io.dispatcher.node.chaos.Line.Kind;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The front of this process. A split may put it out as any other node; then it is taken again, as a
 * new incarnation.
 */
final class Seat implements AutoCloseable {
  private static final Duration LEAVE = Duration.ofSeconds(5);

  private final String name;
  private final Topology topology;
  private final int port;
  private final Presence presence;
  private final History history;

  /** One thread: {@link Presence} needs its calls in order. */
  private final ExecutorService callbacks =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "front-callbacks");
            thread.setDaemon(true);
            return thread;
          });

  private volatile Dispatcher dispatcher;
  private volatile @Nullable Throwable ended;

  Seat(String name, Topology topology, int port, Presence presence, History history) {
    this.name = name;
    this.topology = topology;
    this.port = port;
    this.presence = presence;
    this.history = history;
    this.dispatcher = start();
  }

  private Dispatcher start() {
    return Dispatcher.builder()
        .cluster(topology.front(name, port, error -> ended = error))
        .callbacks(callbacks)
        .listener(presence)
        .start();
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  /** Joins again if the node has left by itself. */
  void heal() {
    Throwable why = ended;
    if (why == null) {
      return;
    }
    history.add(Line.of(name, Kind.DOWN).text("expelled: " + why.getMessage()));
    presence.forget();
    ended = null;
    dispatcher = start();
    history.add(Line.of(name, Kind.UP));
  }

  @Override
  public void close() {
    dispatcher.close(LEAVE);
    callbacks.shutdown();
  }
}
