package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What a node is asked for that it has no role for. */
class MissingRoleTest {

  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("f", FRONT)
          .founder("w", WORKER)
          .founded();

  private void assertRefused(CompletionStage<?> stage) {
    CompletionException failed =
        assertThrows(CompletionException.class, () -> stage.toCompletableFuture().join());
    assertTrue(failed.getCause() instanceof DispatcherException, failed::toString);
    assertTrue(failed.getMessage().contains("node w has no role front"), failed.getMessage());
  }

  @Test
  void without_a_front_every_question_is_refused_through_its_stage() {
    Dispatcher w = nodes.start("w", builder -> builder.handle(WORK, (words, ctx) -> words));
    TaskId id = TaskId.of("b" + "A".repeat(26));

    assertRefused(w.submit(WORK.task("x")).accepted());
    assertRefused(w.submit(WORK.task("x")).result());
    assertRefused(w.submitAll(List.of(WORK.task("x"))).get(0).outcome());
    assertRefused(w.attach(id, WORK).outcome());
    assertRefused(w.find(id));
    assertRefused(w.view());
    assertEquals(false, w.attach(id, WORK).cancel().toCompletableFuture().join());
  }

  @Test
  void handlers_that_will_not_run_are_told() {
    Logger log = Logger.getLogger("io.dispatcher");
    List<String> said = new ArrayList<>();
    Thread tester = Thread.currentThread();
    Handler hearer =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            // Others of the process may still have something to say.
            if (Thread.currentThread() == tester) {
              said.add(MessageFormat.format(line.getMessage(), line.getParameters()));
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    log.addHandler(hearer);
    try {
      nodes.start("f", builder -> builder.handle(WORK, (words, ctx) -> words));
    } finally {
      log.removeHandler(hearer);
    }

    assertEquals(
        List.of(
            "node f has no role worker and will not run its handlers of [work]: add the role, or"
                + " leave the handlers out"),
        said);
  }
}
