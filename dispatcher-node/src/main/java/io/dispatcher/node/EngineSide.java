package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskType;

/** The dispatcher as a side of the bench: every node stores, takes in and runs. */
final class EngineSide implements Side {
  private static final TaskType<byte[], byte[]> TYPE =
      TaskType.of("bench", Codec.bytes(), Codec.bytes());

  private final Dispatcher dispatcher;

  private EngineSide(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  /** Joins and waits until this node can choose every node as a worker. */
  static EngineSide start(BenchWork work, int index, Topology topology, String balancer)
      throws InterruptedException {
    WorkersSeen workers = new WorkersSeen(topology.size());
    Dispatcher.Builder builder = Dispatcher.builder();
    builder.handle(TYPE, (payload, context) -> work.run(payload, index));
    Dispatcher dispatcher =
        builder.balancer(balancer).cluster(topology.node(index)).listener(workers).start();
    workers.await();
    return new EngineSide(dispatcher);
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
