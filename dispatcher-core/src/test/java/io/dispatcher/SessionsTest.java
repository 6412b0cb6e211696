package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.dispatcher.task.TaskType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Where {@code least-connections} sends whose tasks, in virtual time. */
class SessionsTest {

  private static final TaskType<String, String> WHERE = TaskType.of("where", text(), text());
  private static final TaskType<String, String> HOLD = TaskType.of("hold", text(), text());

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT, WORKER)
          .founder("b", STORE, WORKER)
          .founder("c", STORE, WORKER)
          .founded();
  private final Map<String, CompletableFuture<String>> held = new HashMap<>();
  private final Dispatcher front = start("a");

  SessionsTest() {
    start("b");
    start("c");
    nodes.met();
  }

  private Dispatcher start(String name) {
    return nodes.start(
        name,
        builder ->
            builder
                .balancer("least-connections")
                .handle(WHERE, (words, ctx) -> ctx.node())
                .handleAsync(
                    HOLD,
                    (words, ctx) -> {
                      held.put(words, new CompletableFuture<>());
                      return held.get(words);
                    }));
  }

  private String where(Submitter submitter) {
    return nodes.get(front.submit(WHERE.task(""), submitter).result());
  }

  @Test
  void each_submitter_stays_on_its_worker_and_submitters_are_spread() {
    List<Submitter> submitters = new ArrayList<>();
    List<String> first = new ArrayList<>();
    for (int k = 0; k < 6; k++) {
      submitters.add(front.submitter());
      first.add(where(submitters.get(k)));
    }
    for (String node : List.of("a", "b", "c")) {
      assertEquals(2, first.stream().filter(node::equals).count());
    }
    for (int round = 0; round < 5; round++) {
      for (int k = 0; k < 6; k++) {
        assertEquals(first.get(k), where(submitters.get(k)));
      }
    }
  }

  /** As a client of the event bus: it has no connection. */
  @Test
  void a_submitter_with_a_name_stays_on_its_worker_and_those_are_spread() {
    List<String> first = new ArrayList<>();
    for (int k = 0; k < 6; k++) {
      first.add(where(front.submitter("client " + k)));
    }
    for (String node : List.of("a", "b", "c")) {
      assertEquals(2, first.stream().filter(node::equals).count());
    }
    for (int round = 0; round < 5; round++) {
      for (int k = 0; k < 6; k++) {
        assertEquals(first.get(k), where(front.submitter("client " + k)));
      }
    }
    assertSame(front.submitter("client 0"), front.submitter("client 0"));
    // Without a task for a minute it is as anybody.
    nodes.pass(62_000);
    TreeSet<String> again = new TreeSet<>();
    for (int k = 0; k < 3; k++) {
      again.add(where(front.submitter("client " + k)));
    }
    assertEquals(3, again.size(), "those of before are over");
  }

  @Test
  void a_closed_submitter_makes_room() {
    List<Submitter> submitters = new ArrayList<>();
    List<String> first = new ArrayList<>();
    for (int k = 0; k < 6; k++) {
      submitters.add(front.submitter());
      first.add(where(submitters.get(k)));
    }
    for (int k = 0; k < 6; k++) {
      submitters.get(k).close();
      submitters.get(k).close();
      assertEquals(first.get(k), where(front.submitter()));
    }
  }

  @Test
  void after_a_minute_without_a_task_the_session_is_over() {
    List<Submitter> busy = new ArrayList<>();
    for (int k = 0; k < 3; k++) {
      busy.add(front.submitter());
      where(busy.get(k));
    }
    String crowded = where(front.submitter());
    nodes.pass(30_000);
    busy.forEach(this::where);
    nodes.pass(15_000);
    // Still two sessions on that one.
    assertNotEquals(crowded, where(front.submitter()));
    assertNotEquals(crowded, where(front.submitter()));
    nodes.pass(20_000);
    assertEquals(crowded, where(front.submitter()));
  }

  @Test
  void a_session_lasts_as_long_as_its_task() {
    Submitter busy = front.submitter();
    String first = where(busy);
    var held = front.submit(HOLD.task("long"), busy);
    nodes.pass(300_000);
    assertNotEquals(first, where(front.submitter()));
    assertEquals(first, where(busy));
    this.held.get("long").complete("done");
    assertEquals("done", nodes.get(held.result()));
    assertEquals(first, where(busy));
  }

  /** Nobody knows whose they are: each is a session while it lasts. */
  @Test
  void tasks_without_a_submitter_are_spread() {
    TreeSet<String> where = new TreeSet<>();
    List<io.dispatcher.task.TaskHandle<String>> handles = new ArrayList<>();
    for (int k = 0; k < 3; k++) {
      handles.add(front.submit(HOLD.task("" + k), (Submitter) null));
    }
    nodes.until(() -> held.size() == 3);
    Submitter submitter = front.submitter();
    where.add(where(submitter));
    held.values().forEach(each -> each.complete("done"));
    handles.forEach(handle -> nodes.get(handle.result()));
    where.add(where(front.submitter()));
    where.add(where(front.submitter()));
    assertEquals(3, where.size());
  }

  @Test
  void the_dispatchers_own_tasks_are_of_one_submitter() {
    String first = nodes.get(front.submit(WHERE.task("")).result());
    for (int k = 0; k < 10; k++) {
      assertEquals(first, nodes.get(front.submit(WHERE.task("")).result()));
    }
  }
}
