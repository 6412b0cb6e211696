package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.task.Task;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a worker said of a task comes when another one has its name. */
class LateAnswerTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", FRONT)
          .founder("b", STORE)
          .founder("c", STORE)
          .founder("w", WORKER)
          .founded();
  private final Promises promises = new Promises();
  private final Dispatcher a = nodes.start("a", builder -> builder);

  LateAnswerTest() {
    nodes.start("b", builder -> builder);
    nodes.start("c", builder -> builder);
    nodes.start("w", builder -> builder.handleAsync(WORK, (words, context) -> promises.next()));
    nodes.met();
  }

  @Test
  void the_end_of_one_task_does_not_end_the_next_one_of_its_name() {
    TaskHandle<String> first = a.submit(keyed("x"));
    nodes.until(() -> promises.size() == 1);
    nodes.world().cut(nodes.peer("w"), nodes.peer("a"), true, 8_000_000_000L);
    promises.get(0).complete("old");
    assertEquals("old", nodes.get(first.result()));
    nodes.pass(1_000);

    TaskHandle<String> second = a.submit(keyed("y"));
    nodes.get(second.accepted());

    nodes.until(() -> promises.size() == 2);
    promises.get(1).complete("new");
    assertEquals("new", nodes.get(second.result()));
  }

  private static Task<String, String> keyed(String words) {
    return WORK.task(words).idempotencyKey("k").retention(Duration.ZERO);
  }
}
