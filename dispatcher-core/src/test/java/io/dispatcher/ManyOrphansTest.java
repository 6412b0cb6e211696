package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Change;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Owners that die with more blocks than one look for orphans tells of. */
class ManyOrphansTest {

  /** More than one look tells of. */
  private static final int MANY = 12_000;

  private static final TaskType<String, String> LATER = TaskType.of("later", text(), text());

  private final SimNodes nodes = new SimNodes();

  private void found(String... names) {
    for (String name : names) {
      nodes.founder(name, STORE, FRONT, WORKER);
    }
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.world().vault("v3");
    nodes.founded();
  }

  private Dispatcher start(String name) {
    return nodes.start(name, builder -> builder.handle(LATER, (words, ctx) -> words));
  }

  /** Each in a block of its own. */
  private void submit(Dispatcher owner, int tasks) {
    Instant tomorrow = Instant.ofEpochMilli(nodes.wallMillis() + TimeUnit.DAYS.toMillis(1));
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      handles.add(owner.submitDetached(LATER.task("x").notBefore(tomorrow)));
    }
    handles.forEach(handle -> nodes.get(handle.accepted()));
  }

  @Test
  void all_of_them_are_adopted_within_seconds() {
    found("a", "b", "c");
    Dispatcher a = start("a");
    Dispatcher b = start("b");
    Dispatcher c = start("c");
    nodes.met();
    submit(a, MANY);

    nodes.world().kill(nodes.peer("a"));
    nodes.until(() -> b.figures().adopted() + c.figures().adopted() > 0);
    long begun = nodes.millis();
    nodes.until(() -> b.figures().adopted() + c.figures().adopted() == MANY);
    nodes.until(() -> b.stats().reissued() + c.stats().reissued() == MANY);

    assertTrue(nodes.millis() - begun < 4_000, () -> nodes.millis() - begun + " ms");
  }

  /** Of an owner that it has never met a node takes nothing over at once. */
  @Test
  void those_of_strangers_do_not_hide_others() {
    // It holds no copies: none is missing once it is gone.
    nodes.founder("c", FRONT, WORKER);
    found("a", "b");
    Dispatcher a = start("a");
    nodes.met();
    submit(a, MANY);
    nodes.world().kill(nodes.peer("a"));
    nodes.pass(5_000);
    Dispatcher c = start("c");
    Dispatcher b = start("b");
    nodes.pass(1_000);
    submit(c, 20);
    assertEquals(0, b.figures().adopted());

    nodes.world().kill(nodes.peer("c"));
    nodes.pass(3_500);

    assertEquals(20, b.figures().adopted());
    nodes.until(() -> b.figures().adopted() == MANY + 20);
  }

  /** A node holds copies of about half of the partitions, which lack one for 200 ms or more. */
  @Test
  void those_on_partitions_that_lack_a_copy_do_not_hold_up_others() {
    found("a", "b");
    Dispatcher a = start("a");
    Dispatcher b = start("b");
    nodes.met();
    submit(a, 400);

    nodes.world().kill(nodes.peer("a"));
    nodes.until(() -> b.figures().adopted() > 0);
    nodes.pass(100);

    assertTrue(b.figures().adopted() > 80, () -> b.figures().adopted() + " of 400");
    nodes.until(() -> b.figures().adopted() == 400);
  }

  @Test
  void writes_that_take_long_do_not_hold_up_others() {
    found("a", "b");
    Dispatcher a = start("a");
    LedgerFaults ledger = new LedgerFaults(nodes.cluster("b"));
    Dispatcher b =
        nodes.start("b", builder -> builder.cluster(ledger).handle(LATER, (words, ctx) -> words));
    nodes.met();
    submit(a, 400);

    ledger.keepsBack(Change.Adopt.class);
    nodes.world().kill(nodes.peer("a"));
    // As many as there are places.
    nodes.until(() -> ledger.keptBack(Change.Adopt.class) == 32);
    ledger.keepsBackNoMore(Change.Adopt.class);
    nodes.pass(4_000);
    assertEquals(368, b.figures().adopted());

    ledger.tells(Change.Adopt.class);
    nodes.until(() -> b.figures().adopted() == 400);
  }
}
