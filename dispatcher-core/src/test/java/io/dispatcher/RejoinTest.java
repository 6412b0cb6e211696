package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.task.TaskType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node that left its part of the cluster and joins those that it knew before. */
class RejoinTest {

  private static final TaskType<String, String> WHERE = TaskType.of("where", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, FRONT, WORKER)
          .founder("c", STORE, FRONT, WORKER);

  @Test
  void meets_again_whom_it_knew() {
    nodes.founded();
    List<Dispatcher> all =
        List.of("a", "b", "c").stream()
            .map(
                name -> nodes.start(name, builder -> builder.handle(WHERE, (w, ctx) -> ctx.node())))
            .toList();
    nodes.met();

    nodes.world().rejoin(nodes.peer("c"));

    nodes.pass(2_000);
    nodes.met();
    all.forEach(each -> assertEquals(3, each.stats().workers()));
    for (Dispatcher each : all) {
      assertEquals("c", nodes.get(each.submit(WHERE.task("x").key(keyOfC(each))).result()));
    }
  }

  private String keyOfC(Dispatcher front) {
    for (int i = 0; i < 100; i++) {
      String key = "k" + i;
      if (nodes.get(front.submit(WHERE.task("?").key(key)).result()).equals("c")) {
        return key;
      }
    }
    throw new AssertionError("no key goes to c");
  }
}
