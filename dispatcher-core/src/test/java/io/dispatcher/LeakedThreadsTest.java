package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Handlers that ignore that they are stopped. */
class LeakedThreadsTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());
  private static final int TASKS = 16;

  @Test
  void a_node_whose_handlers_keep_too_many_threads_drains() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    try (Dispatcher d =
        Dispatcher.builder()
            .pool("default", TASKS)
            .handle(
                WORK,
                (words, ctx) -> {
                  stay(release);
                  return words;
                })
            .start()) {
      List<TaskHandle<String>> handles = new ArrayList<>();
      for (int i = 0; i < TASKS - 1; i++) {
        handles.add(d.submit(WORK.task("x").timeLimit(Duration.ofMillis(50)).retries(0)));
      }
      for (TaskHandle<String> handle : handles) {
        assertEquals(
            TaskState.FAILED,
            handle.outcome().toCompletableFuture().get(20, TimeUnit.SECONDS).state());
      }
      assertTrue(d.readiness().ready());

      d.submit(WORK.task("x").timeLimit(Duration.ofMillis(50)).retries(0));
      await().atMost(Duration.ofSeconds(20)).until(() -> !d.readiness().ready());
      assertTrue(d.readiness().reason().contains("draining"), d.readiness().reason());
      release.countDown();
    } finally {
      release.countDown();
    }
  }

  private static void stay(CountDownLatch release) {
    while (true) {
      try {
        release.await();
        return;
      } catch (InterruptedException ignored) {
        // As a handler that was never written to be stopped.
      }
    }
  }
}
