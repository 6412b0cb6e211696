package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tasks of microseconds beside tasks that take long: nobody waits for the others. */
class QuickTasksTest {

  private static final Duration SOON = ofSeconds(10);
  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch second = new CountDownLatch(1);
  private Dispatcher dispatcher;

  @AfterEach
  void close() {
    first.countDown();
    second.countDown();
    dispatcher.close(Duration.ZERO);
  }

  @Test
  void what_ended_before_a_long_one_on_the_same_slot_is_settled_while_that_runs() {
    dispatcher =
        Dispatcher.builder()
            .pool("default", 1)
            .handle(
                WORK,
                (words, ctx) -> {
                  if (words.equals("waits")) {
                    first.await();
                  } else if (words.equals("long")) {
                    second.await();
                  }
                  return words;
                })
            .start();

    // All in one block and one delivery, before anything is known of how long they take.
    List<TaskHandle<String>> handles =
        dispatcher.submitAll(
            List.of(WORK.task("quick"), WORK.task("waits"), WORK.task("quick"), WORK.task("long")));
    handles.get(0).outcome().thenRun(first::countDown);

    assertEquals("waits", handles.get(1).await(SOON));
    assertEquals("quick", handles.get(2).await(SOON));
    second.countDown();
    assertEquals("long", handles.get(3).await(SOON));
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
