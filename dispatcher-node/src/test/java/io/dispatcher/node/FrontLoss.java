package io.dispatcher.node;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.vertx.EventBusTaskClient;
import io.dispatcher.vertx.VertxBus;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A front is lost while clients outside the cluster submit. */
abstract class FrontLoss {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int BEFORE = 100;
  private static final int AFTER = 100;

  /** The node answers no more. */
  abstract void lose(ChildNode node) throws Exception;

  @Test
  void nothing_is_refused_and_nothing_is_accepted_twice() throws Exception {
    try (ContractCluster cluster = ContractCluster.start();
        VertxBus bus = VertxBus.join(cluster.options("app").build());
        Submitter overBus = new Submitter(new EventBusTaskClient(bus.vertx()));
        Submitter overHttp =
            new Submitter(HttpTaskClient.builder(cluster.urls()).patience(SOON).build())) {
      List<Submitter> both = List.of(overBus, overHttp);
      both.forEach(Submitter::start);
      for (Submitter submitter : both) {
        await().atMost(SOON).until(() -> submitter.acceptedCount() >= BEFORE);
      }

      lose(cluster.node(0));
      for (Submitter submitter : both) {
        int sofar = submitter.handles.size();
        await().atMost(SOON).until(() -> submitter.acceptedCount() >= sofar + AFTER);
        submitter.stop();
      }

      await().atMost(SOON).untilAsserted(() -> everyMessageIsAnswered(bus));
      for (Submitter submitter : both) {
        assertEquals(List.of(), submitter.refused);
        Set<TaskId> ids = new HashSet<>();
        for (TaskHandle<String> handle : submitter.handles) {
          TaskId id = handle.accepted().toCompletableFuture().get(60, TimeUnit.SECONDS);
          assertTrue(ids.add(id), () -> "two tasks are " + id);
        }
        List<TaskHandle<String>> last =
            submitter.handles.subList(
                submitter.handles.size() - AFTER / 2, submitter.handles.size());
        for (TaskHandle<String> handle : last) {
          assertEquals("A", handle.await(SOON));
        }
      }
    }
  }

  /** None goes to the node that is gone. */
  private static void everyMessageIsAnswered(VertxBus bus) {
    DeliveryOptions options = new DeliveryOptions().setSendTimeout(1_000);
    for (int i = 0; i < 12; i++) {
      ExecutionException answer =
          assertThrows(
              ExecutionException.class,
              () ->
                  bus.vertx()
                      .eventBus()
                      .request("dispatcher.task.find", "a1", options)
                      .toCompletionStage()
                      .toCompletableFuture()
                      .get());
      ReplyException refusal = assertInstanceOf(ReplyException.class, answer.getCause());
      assertEquals(404, refusal.failureCode(), refusal::toString);
    }
  }

  /** Submits a task about every ten milliseconds while fewer than ten are open. */
  private static final class Submitter implements AutoCloseable {
    private static final int MOST_OPEN = 10;
    private static final long EVERY_MILLIS = 10;

    private final TaskClient client;
    private final Semaphore open = new Semaphore(MOST_OPEN);
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    final List<TaskHandle<String>> handles = new CopyOnWriteArrayList<>();
    final List<Throwable> refused = new CopyOnWriteArrayList<>();

    Submitter(TaskClient client) {
      this.client = client;
    }

    void start() {
      // The first waits until the fronts know the type.
      client.submit(ContractHandlers.SHOUT.task("a").admission(Duration.ofSeconds(10))).await(SOON);
      clock.scheduleAtFixedRate(this::submit, 0, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void submit() {
      if (!open.tryAcquire()) {
        return;
      }
      TaskHandle<String> handle = client.submit(ContractHandlers.SHOUT.task("a"));
      handles.add(handle);
      handle
          .accepted()
          .whenComplete(
              (id, why) -> {
                if (why != null) {
                  refused.add(why);
                }
                open.release();
              });
    }

    void stop() throws InterruptedException {
      clock.shutdown();
      assertTrue(clock.awaitTermination(SOON.toSeconds(), TimeUnit.SECONDS));
    }

    int acceptedCount() {
      return handles.size() - (MOST_OPEN - open.availablePermits());
    }

    @Override
    public void close() {
      clock.shutdownNow();
      client.close();
    }
  }
}
