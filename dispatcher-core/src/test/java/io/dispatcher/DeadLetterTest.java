package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static io.dispatcher.task.Codec.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.DeadLetters.Filter;
import io.dispatcher.task.DeadLetters.Page;
import io.dispatcher.task.DeadLetters.Query;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Failed tasks are kept, and looked at, retried and dropped from every front. */
class DeadLetterTest {

  private static final TaskType<String, String> WORK =
      TaskType.of("work", text(), text()).retries(0);
  private static final TaskType<String, String> OTHER =
      TaskType.of("other", text(), text()).retries(0);
  private static final int HOUR = 3_600_000;

  private final SimNodes nodes =
      new SimNodes()
          .founder("a", STORE, FRONT)
          .founder("b", STORE, FRONT)
          .founder("c", STORE, FRONT)
          .founder("w", WORKER);
  private final Set<String> healed = new TreeSet<>();
  private final List<String> ran = new ArrayList<>();
  private Dispatcher a;
  private Dispatcher b;

  private void start(long budget) {
    nodes.world().vault("v1");
    nodes.world().vault("v2");
    nodes.founded();
    a = nodes.start("a", builder -> limited(builder, budget));
    b = nodes.start("b", builder -> limited(builder, budget));
    nodes.start("c", builder -> limited(builder, budget));
    nodes.start(
        "w", builder -> builder.handle(WORK, (w, ctx) -> run(w)).handle(OTHER, (w, ctx) -> run(w)));
    nodes.met();
  }

  private static Dispatcher.Builder limited(Dispatcher.Builder builder, long budget) {
    return builder.limits(Limits.ofHeap(1 << 28).deadLetterBytes(budget));
  }

  private String run(String words) {
    String name = words.strip();
    ran.add(name);
    if (!healed.contains(name)) {
      throw new IllegalStateException("cannot do " + name);
    }
    return "did " + name;
  }

  private TaskId fail(Dispatcher front, TaskType<String, String> type, String words) {
    TaskHandle<String> handle = front.submit(type.task(words));
    assertEquals(TaskState.FAILED, nodes.get(handle.outcome()).state());
    nodes.pass(100);
    return nodes.get(handle.accepted());
  }

  private Page page(Dispatcher front, Filter filter) {
    return nodes.get(front.deadLetters().list(new Query(filter, 100, null)));
  }

  private static List<TaskId> ids(Page page) {
    return page.letters().stream().map(DeadLetter::id).toList();
  }

  private static Filter of(String type, String error, Duration older, Duration younger) {
    return new Filter(type, error, older, younger);
  }

  @Test
  void a_failed_task_is_kept_with_its_payload_and_told_at_every_front() {
    start(1 << 20);
    TaskId id = fail(a, WORK, "x");

    assertEquals(List.of(id), ids(page(a, Filter.ALL)));
    Page page = page(b, Filter.ALL);
    assertEquals(List.of(id), ids(page));
    assertEquals(1, page.total());
    assertTrue(page.complete());
    assertNull(page.letters().get(0).payload());

    DeadLetter letter = nodes.get(b.deadLetters().find(id)).orElseThrow();
    assertEquals("x", new String(letter.payload(), UTF_8));
    assertEquals("work", letter.type());
    assertEquals("cannot do x", letter.failure().message());
    assertFalse(letter.failure().trace().isEmpty());
    assertEquals(1, letter.attempts());
    assertEquals(Duration.ofDays(7), Duration.between(letter.failedAt(), letter.expiresAt()));
    assertTrue(nodes.get(b.deadLetters().find(TaskId.of("none"))).isEmpty());
  }

  @Test
  void only_failed_tasks_are_kept() {
    start(1 << 20);
    healed.add("good");
    assertEquals("did good", nodes.get(a.submit(WORK.task("good")).result()));
    TaskHandle<String> late = a.submit(WORK.task("late").notBefore(java.time.Instant.MAX));
    nodes.get(late.accepted());
    assertTrue(nodes.get(late.cancel()));
    nodes.pass(1_000);

    assertEquals(0, page(a, Filter.ALL).total());
  }

  /** It outlives its block, the front that kept it, and its heir's clock starts where it was. */
  @Test
  void it_survives_the_front_that_keeps_it_and_the_block_it_came_from() {
    start(1 << 20);
    String large = "x".repeat(20_000);
    TaskId small = fail(a, WORK, "s");
    TaskId big = fail(a, WORK, large);
    nodes.pass(20_000);

    nodes.world().kill(nodes.peer("a"));
    nodes.until(() -> page(b, Filter.ALL).total() == 2);

    assertEquals("s", new String(nodes.get(b.deadLetters().find(small)).get().payload(), UTF_8));
    assertEquals(large, new String(nodes.get(b.deadLetters().find(big)).get().payload(), UTF_8));
    assertEquals(2, nodes.get(b.deadLetters().deleteAll(Filter.ALL)).done());
    nodes.pass(1_000);
    assertEquals(Set.of(), nodes.world().ledger().values());
  }

  @Test
  void its_block_is_not_forgotten_before_it_is_kept() {
    start(1 << 20);
    TaskHandle<String> handle = a.submit(WORK.task("x").retention(Duration.ZERO));
    TaskId id = nodes.get(handle.accepted());
    nodes.get(handle.outcome());
    nodes.pass(2_000);

    DeadLetter letter = nodes.get(b.deadLetters().find(id)).orElseThrow();
    assertEquals("x", new String(letter.payload(), UTF_8));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void it_is_dropped_after_seven_days_whoever_keeps_it_then(boolean ownerDies) {
    start(1 << 20);
    fail(a, WORK, "x".repeat(20_000));
    nodes.putForward(7 * 24 * HOUR - 2 * HOUR);
    if (ownerDies) {
      nodes.world().kill(nodes.peer("a"));
    }
    nodes.pass(HOUR);
    assertEquals(1, page(b, Filter.ALL).total());
    assertFalse(nodes.world().ledger().values().isEmpty());

    nodes.pass(2 * HOUR);

    assertEquals(0, page(b, Filter.ALL).total());
    assertEquals(Set.of(), nodes.world().ledger().values());
  }

  @Test
  void a_retry_is_a_new_task_that_tells_what_it_repeats() {
    start(1 << 20);
    TaskId id = fail(a, WORK, "x");
    healed.add("x");

    TaskId again = nodes.get(b.deadLetters().retry(id)).orElseThrow();

    assertEquals("did x", nodes.get(b.attach(again, WORK).result()));
    assertEquals(List.of("x", "x"), ran);
    TaskStatus status = nodes.get(b.find(again)).orElseThrow();
    assertEquals(id, status.retryOf());
    assertEquals(0, page(a, Filter.ALL).total());
    assertTrue(nodes.get(b.deadLetters().retry(id)).isEmpty());
  }

  @Test
  void a_retry_that_fails_again_is_a_dead_letter_again() {
    start(1 << 20);
    TaskId id = fail(a, WORK, "x");
    TaskId again = nodes.get(a.deadLetters().retry(id)).orElseThrow();
    nodes.get(a.attach(again, WORK).outcome());
    nodes.pass(100);

    assertEquals(List.of(again), ids(page(a, Filter.ALL)));
  }

  @Test
  void filters_and_calls_for_many() {
    start(1 << 20);
    TaskId old = fail(a, WORK, "old");
    nodes.pass(HOUR);
    TaskId other = fail(b, OTHER, "other");
    TaskId young = fail(b, WORK, "young");

    assertEquals(List.of(young, other, old), ids(page(a, Filter.ALL)));
    assertEquals(List.of(other), ids(page(a, of("other", null, null, null))));
    assertEquals(List.of(young), ids(page(a, of(null, "DO YOUNG", null, null))));
    Duration half = Duration.ofMinutes(30);
    assertEquals(List.of(old), ids(page(a, of(null, null, half, null))));
    assertEquals(List.of(young, other), ids(page(a, of(null, null, null, half))));

    Page first = nodes.get(a.deadLetters().list(new Query(Filter.ALL, 2, null)));
    assertEquals(List.of(young, other), ids(first));
    assertNotNull(first.next());
    Page second = nodes.get(a.deadLetters().list(new Query(Filter.ALL, 2, first.next())));
    assertEquals(List.of(old), ids(second));
    assertNull(second.next());

    healed.add("old");
    healed.add("young");
    DeadLetters.Bulk retried = nodes.get(a.deadLetters().retryAll(of("work", null, null, null)));
    assertEquals(new DeadLetters.Bulk(2, 0, 0, true), retried);
    nodes.until(() -> ran.size() == 5);
    DeadLetters.Bulk deleted = nodes.get(a.deadLetters().deleteAll(Filter.ALL));
    assertEquals(1, deleted.done());
    assertEquals(0, page(a, Filter.ALL).total());
    assertFalse(nodes.get(a.deadLetters().delete(other)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20_000})
  void what_another_front_keeps_by_now_is_not_told_deleted(int bytes) {
    start(1 << 20);
    TaskId one = fail(a, WORK, "x".repeat(bytes));
    TaskId two = fail(a, WORK, "y".repeat(bytes));
    nodes.handOverLetter(one, "a", "b");
    nodes.handOverLetter(two, "a", "b");

    CompletableFuture<Boolean> deleted = a.deadLetters().delete(one).toCompletableFuture();
    nodes.until(deleted::isDone);

    Throwable why = assertThrows(CompletionException.class, deleted::join).getCause();
    assertInstanceOf(DispatcherException.class, why);
    assertTrue(why.getMessage().contains("was not deleted: it is another front's"), why::toString);
    DeadLetters.Bulk bulk = nodes.get(a.deadLetters().deleteAll(Filter.ALL));
    assertEquals(new DeadLetters.Bulk(0, 1, 0, true), bulk);
  }

  @Test
  void over_their_budget_the_oldest_go() {
    start(60_000);
    List<TaskId> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(fail(a, WORK, "x" + i));
    }

    List<TaskId> kept = ids(page(a, Filter.ALL));

    assertTrue(kept.size() < 15 && kept.size() > 0, kept::toString);
    assertEquals(all.get(19), kept.get(0));
    assertFalse(kept.contains(all.get(0)));
    assertEquals(20 - kept.size(), a.figures().lettersEvicted());
    assertEquals(0, a.figures().lettersDropped());
  }

  /** Returns the most that were seen kept at a time. */
  private long failTogether(int count) {
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(a.submit(WORK.task("x" + i)));
    }
    long most = 0;
    while (!handles.stream().allMatch(nodes::done)) {
      nodes.pass(5);
      most = Math.max(most, page(a, Filter.ALL).total());
    }
    nodes.pass(10_000);
    return most;
  }

  @Test
  void however_many_fail_together_are_kept_as_far_as_there_is_room() {
    start(1 << 28);

    failTogether(6_000);

    assertEquals(6_000, page(a, Filter.ALL).total());
    assertEquals(0, a.figures().lettersDropped());
  }

  /** Neither what waits nor what is kept outgrows the budget; what nobody keeps is counted. */
  @Test
  void what_fails_together_beyond_the_budget_is_counted() {
    start(1 << 20);

    long most = failTogether(3_000);

    long kept = page(a, Filter.ALL).total();
    assertTrue(kept > 0 && most < 1.4 * kept, () -> kept + " are kept, and were " + most);
    assertTrue(a.figures().lettersDropped() > 0);
    assertEquals(3_000, kept + a.figures().lettersDropped() + a.figures().lettersEvicted());
  }
}
