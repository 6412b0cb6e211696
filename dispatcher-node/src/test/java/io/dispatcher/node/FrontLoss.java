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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A front is lost while clients outside the cluster submit. */
abstract class FrontLoss {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int BEFORE = 200;
  private static final int AFTER = 200;

  /** The node answers no more. */
  abstract void lose(ChildNode node) throws Exception;

  @Test
  void nothing_is_refused_and_nothing_is_accepted_twice() throws Exception {
    try (ContractCluster cluster = ContractCluster.start();
        VertxBus bus = VertxBus.join(cluster.options("app").build());
        Submitter overBus = new Submitter(new EventBusTaskClient(bus.vertx()));
        Submitter overHttp = new Submitter(HttpTaskClient.to(cluster.urls()))) {
      List<Submitter> both = List.of(overBus, overHttp);
      both.forEach(Thread::start);
      for (Submitter submitter : both) {
        await().atMost(SOON).until(() -> submitter.acceptedCount() >= BEFORE);
      }

      lose(cluster.node(0));
      for (Submitter submitter : both) {
        int sofar = submitter.handles.size();
        await().atMost(SOON).until(() -> submitter.acceptedCount() >= sofar + AFTER);
        submitter.interrupt();
        submitter.join();
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

  /** Submits one task after the other, ten at once, until it is interrupted. */
  private static final class Submitter extends Thread implements AutoCloseable {
    private final TaskClient client;
    private final Semaphore open = new Semaphore(10);
    final List<TaskHandle<String>> handles = new CopyOnWriteArrayList<>();
    final List<Throwable> refused = new CopyOnWriteArrayList<>();

    Submitter(TaskClient client) {
      this.client = client;
    }

    @Override
    public void run() {
      try {
        // The first waits until the fronts know the type.
        client
            .submit(ContractHandlers.SHOUT.task("a").admission(Duration.ofSeconds(10)))
            .await(SOON);
        while (true) {
          open.acquire();
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
      } catch (InterruptedException enough) {
        Thread.currentThread().interrupt();
      }
    }

    int acceptedCount() {
      return handles.size() - (10 - open.availablePermits());
    }

    @Override
    public void close() {
      interrupt();
      client.close();
    }
  }
}
