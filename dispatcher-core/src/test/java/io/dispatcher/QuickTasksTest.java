package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.cluster.Role;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tasks of microseconds beside tasks that take long: nobody waits for the others. */
class QuickTasksTest {

  private static final Duration SOON = ofSeconds(10);
  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private Dispatcher dispatcher;

  @AfterEach
  void close() {
    if (dispatcher != null) {
      dispatcher.close(Duration.ZERO);
    }
  }

  @Test
  void what_ended_before_a_long_one_took_its_slot_is_settled_while_that_runs() {
    SimNodes nodes =
        new SimNodes().founder("a", Role.STORE, Role.FRONT, Role.WORKER).founder("b", Role.STORE);
    nodes.founded();
    Dispatcher a =
        nodes.start(
            "a",
            builder ->
                builder.handleAsync(
                    WORK,
                    (words, ctx) -> {
                      CompletableFuture<String> end = new CompletableFuture<>();
                      switch (words) {
                        case "quick" -> end.complete(words);
                        case "short" -> nodes.after("a", 500_000, () -> end.complete(words));
                        default -> {}
                      }
                      return end;
                    }));

    // All in one delivery, before anything is known of how long they take; two slots.
    List<TaskHandle<String>> handles =
        a.submitAll(
            List.of(WORK.task("long"), WORK.task("quick"), WORK.task("short"), WORK.task("long")));

    assertEquals("quick", nodes.get(handles.get(1).result()));
    assertEquals("short", nodes.get(handles.get(2).result()));
  }

  @Test
  void tasks_that_take_long_after_quick_ones_get_all_slots() throws Exception {
    int slots = 60;
    CountDownLatch together = new CountDownLatch(slots - 1);
    dispatcher =
        Dispatcher.builder()
            .pool("default", slots)
            .handle(
                WORK,
                (words, ctx) -> {
                  if (words.equals("short")) {
                    TimeUnit.MILLISECONDS.sleep(10);
                  } else if (words.equals("together")) {
                    together.countDown();
                    together.await();
                  }
                  return words;
                })
            .start();
    dispatcher
        .submitAll(IntStream.range(0, 2_000).mapToObj(i -> WORK.task("quick")).toList())
        .forEach(handle -> handle.await(SOON));

    TaskHandle<String> shorter = dispatcher.submit(WORK.task("short"));
    List<TaskHandle<String>> all =
        dispatcher.submitAll(
            IntStream.range(1, slots).mapToObj(i -> WORK.task("together")).toList());

    shorter.await(SOON);
    all.forEach(handle -> assertEquals("together", handle.await(SOON)));
  }
}
