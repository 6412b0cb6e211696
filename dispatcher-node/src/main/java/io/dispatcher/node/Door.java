package io.dispatcher.node;

import io.vertx.core.Vertx;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A way into the node for tasks from other processes. Thread-safe.
 *
 * <p>A node without the role {@code front} has doors as well: they tell health and figures, and
 * refuse tasks.
 */
public interface Door extends AutoCloseable {

  /** Where it is reached, for people: {@code http://127.0.0.1:8080}. */
  String address();

  /**
   * From now on new tasks are refused with a time to come back; questions and waits for tasks that
   * are accepted go on. Does not block.
   */
  void stopIntake();

  /**
   * The node has left its part of the cluster and joined another one: what the door had of the bus
   * is closed. Told at least once; the bus may be the one that the door waits for already. Does not
   * block.
   *
   * @param bus as {@link DoorContext#bus}
   */
  default void rejoined(@Nullable CompletionStage<Vertx> bus) {}

  /** Ends what is under way and closes the door. Blocks; the dispatcher may be closed already. */
  @Override
  void close();

  /** Opens one kind of door. */
  @FunctionalInterface
  interface Factory {

    /**
     * Opens the door and returns once it can be used, or null if the configuration has it off. May
     * block; not on an event loop.
     *
     * @throws IllegalStateException if it cannot be opened; tells the configuration key, what was
     *     found, and what to do
     */
    @Nullable Door open(DoorContext context);
  }
}
