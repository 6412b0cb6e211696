package io.dispatcher.cluster;

import io.dispatcher.ledger.Ledger;
import java.util.function.Consumer;

/**
 * The world as the engine sees it: a place to keep blocks, a way to talk, a list of who is there,
 * and loops to run on. {@link LocalCluster} is this JVM alone; the Vert.x and Hazelcast one and the
 * simulated one are others.
 */
public interface Cluster extends AutoCloseable {

  /** A new loop. The name appears in thread names and metrics. */
  Loop loop(String name);

  Ledger ledger();

  Transport transport();

  Membership membership();

  /**
   * Calls back, on some thread, when this node has ended without {@link #close}: an error escaped a
   * loop, or the others removed it. Its loops have ended then; nothing posted to them runs any
   * more. At most one listener.
   */
  void onEnd(Consumer<Throwable> listener);

  /**
   * Calls back, on some thread, whenever this node has left its part of the cluster and joined
   * another one, as a new peer: transport and membership are others from then on. The ledger is the
   * other one once the listener runs what it is given, and cannot be used before: nothing of the
   * old peer may reach it that the new one does not want. At most one listener.
   */
  default void onRejoin(Consumer<Runnable> listener) {}

  /** Leaves the cluster. Blocks until it has left; not on a loop. */
  @Override
  void close();
}
