package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskType;
import java.util.concurrent.TimeUnit;

/** The dispatcher as a side of the bench: every node stores, takes in and runs. */
final class EngineSide implements Side {
  private static final TaskType<byte[], byte[]> TYPE =
      TaskType.of("bench", Codec.bytes(), Codec.bytes());

  private static final int POLL_MILLIS = 20;
  private static final int TRIES = 60_000 / POLL_MILLIS;

  private final Dispatcher dispatcher;

  private EngineSide(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  /** Joins and waits until this node can choose every node as a worker. */
  static EngineSide start(BenchWork work, int index, Topology topology, String balancer)
      throws InterruptedException {
    Dispatcher.Builder builder = Dispatcher.builder();
    builder.handle(TYPE, (payload, context) -> work.run(payload, index));
    Dispatcher dispatcher = builder.balancer(balancer).cluster(topology.node(index)).start();
    awaitWorkers(dispatcher, topology.size());
    return new EngineSide(dispatcher);
  }

  /** Polls: a listener would be told of every task too, and that would be measured. */
  static void awaitWorkers(Dispatcher dispatcher, int workers) throws InterruptedException {
    for (int tries = 0; dispatcher.stats().workers() < workers; tries++) {
      if (tries == TRIES) {
        throw new RunFailed(
            "after a minute only " + dispatcher.stats().workers() + " workers are there");
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  @Override
  public void submit(long number, byte[] payload, Done done) {
    try {
      dispatcher.submit(TYPE.task(payload)).result().whenComplete(done::done);
    } catch (RuntimeException e) {
      done.done(null, e);
    }
  }
}
