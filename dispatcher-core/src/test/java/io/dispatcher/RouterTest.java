package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that come and go, as the router sees them. */
class RouterTest {

  private static final Profile PROFILE =
      new Profile("work", 3, Backoff.DEFAULT, 1_000, 0, 0, 5, 1_000);

  private static final Profile LABELLED =
      new Profile("work", 3, Backoff.DEFAULT, 1_000, 0, 0, 5, 1_000, List.of("gpu"), false);

  private static final Message.Offer OFFER =
      new Message.Offer(
          List.of(new Message.Offered("work", "default", 1_000, 0)), 1_000, null, false);

  private final StoppedLoop loop = new StoppedLoop();
  private final Meters meters = new Meters();
  private final Pick pick = new Pick(loop.random());
  private final OwnedBlock block = new OwnedBlock(new BlockId(1, 2, 3), 1, 1, 0, 4);

  private Router router(String balancer) {
    return new Router(loop, meters, new Types(Map.of(), Map.of(), balancer, Weights.Rule.DEFAULT));
  }

  private static WorkerView join(Router router, String name) {
    Member member =
        new Member(new Peer(name, 1), Set.of(Role.WORKER), null, Set.copyOf(LABELLED.requires()));
    router.seen(member, null);
    WorkerView view = router.worker(member.peer());
    router.offered(view, OFFER);
    return view;
  }

  @Test
  void who_is_no_member_gets_nothing_and_counts_for_nobody() {
    Router router = router("random");
    Member member =
        new Member(new Peer("w", 1), Set.of(Role.WORKER), null, Set.copyOf(LABELLED.requires()));
    router.offered(router.join(member, null), OFFER);
    assertEquals(0, router.able());
    assertNull(router.queues().iterator().next().pick(task(null), pick, loop.now()));

    router.seen(member, null);

    assertEquals(1, router.able());
    assertEquals(Set.of("w"), chosen(router));
  }

  private OwnedTask task(String key) {
    return new OwnedTask(
        block, 0, PROFILE, key, key == null ? 0 : Balancers.hash(key), new byte[0], 0, 0);
  }

  /** Who gets a hundred tasks without a key, and a hundred with. */
  private Set<String> chosen(Router router) {
    TypeQueue queue = router.queues().iterator().next();
    Set<String> chosen = new TreeSet<>();
    for (int k = 0; k < 100; k++) {
      for (OwnedTask task : List.of(task(null), task("key-" + k))) {
        WorkerView view = queue.pick(task, pick, loop.now());
        assertNotNull(view);
        chosen.add(view.node());
      }
    }
    return chosen;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "random",
        "round-robin",
        "weighted",
        "least-requests",
        "least-connections",
        "power-of-two",
        "latency",
        "consistent-hash"
      })
  void nothing_goes_to_a_worker_that_has_left(String balancer) {
    Router router = router(balancer);
    join(router, "a");
    WorkerView gone = join(router, "b");
    join(router, "c");
    assertEquals(Set.of("a", "b", "c"), chosen(router));

    assertEquals(gone, router.leave(gone.member.peer()));
    assertEquals(Set.of("a", "c"), chosen(router));
    assertNull(router.leave(gone.member.peer()));

    router.leave(new Peer("a", 1));
    router.leave(new Peer("c", 1));
    TypeQueue queue = router.queues().iterator().next();
    assertNull(queue.pick(task(null), pick, loop.now()));
    assertNull(queue.pick(task("k"), pick, loop.now()));
    assertFalse(queue.hasWorkers());
  }

  /** Tasks with labels come one now and then: their balancer goes on where it stood. */
  @Test
  void a_balancer_of_tasks_with_labels_does_not_start_anew_each_second() {
    Router router = router("round-robin");
    join(router, "a");
    join(router, "b");
    join(router, "c");
    List<String> chosen = new ArrayList<>();
    for (int k = 0; k < 9; k++) {
      OwnedTask task = new OwnedTask(block, 0, LABELLED, null, 0, new byte[0], 0, 0);
      router.enqueue(task, loop.now());
      TypeQueue line = router.queues().iterator().next().branch(LABELLED.requires());
      assertNotNull(line);
      WorkerView view = line.pick(task, pick, loop.now());
      assertNotNull(view);
      chosen.add(view.node());
      line.waiting.take(task);
      router.sample(loop.now());
    }
    assertEquals(chosen.subList(0, 3), chosen.subList(3, 6), chosen::toString);
    assertEquals(chosen.subList(0, 3), chosen.subList(6, 9), chosen::toString);
    assertEquals(3, Set.copyOf(chosen).size(), chosen::toString);
  }

  /**
   * Two fronts that met the same workers in different orders agree on every key, below the limit of
   * rendezvous hashing and with a table above it.
   */
  @ParameterizedTest
  @ValueSource(ints = {5, 128, 129, 200})
  void the_order_in_which_workers_joined_does_not_matter(int size) {
    List<String> names = new ArrayList<>(IntStream.range(0, size).mapToObj(i -> "w" + i).toList());
    Router one = router(Balancers.DEFAULT);
    names.forEach(name -> join(one, name));
    Router other = router(Balancers.DEFAULT);
    Collections.shuffle(names, new Random(size));
    names.subList(0, size / 2).forEach(name -> join(other, name));
    WorkerView passing = join(other, "w17a");
    owners(other);
    names.subList(size / 2, size).forEach(name -> join(other, name));
    assertNotEquals(0, differing(owners(one), owners(other)), "one more, in one of them");
    other.leave(passing.member.peer());
    assertEquals(0, differing(owners(one), owners(other)));
  }

  private static long differing(List<String> one, List<String> other) {
    return IntStream.range(0, one.size()).filter(k -> !one.get(k).equals(other.get(k))).count();
  }

  private List<String> owners(Router router) {
    TypeQueue queue = router.queues().iterator().next();
    return IntStream.range(0, 10_000)
        .mapToObj(k -> queue.pick(task("key-" + k), pick, loop.now()).node())
        .toList();
  }

  /** The metric has to be able to show something. */
  @Test
  void a_count_that_is_not_that_of_the_open_attempts_is_drift() {
    Router router = router(Balancers.DEFAULT);
    WorkerView a = join(router, "a");
    WorkerView b = join(router, "b");
    LedgerWriter writer = new LedgerWriter(loop, null, meters);
    Callbacks callbacks = new Callbacks(loop, Runnable::run, null);
    Owned owned =
        new Owned(
            loop, writer, new Peer("f", 1), router, callbacks, meters, Limits.ofHeap(64L << 20));
    assertEquals(0, owned.drift());
    a.inFlight(2);
    assertEquals(2, owned.drift());
    b.inFlight(-1);
    assertEquals(3, owned.drift(), "too few and too many do not make up for each other");
    a.inFlight(0);
    b.inFlight(0);
    assertEquals(0, owned.drift());

    // It counts for the balancers, and nobody here drives it.
    OwnedTask stray = task(null);
    router.holds(a, stray);
    assertEquals(1, owned.drift());
    a.unassign(stray);
    assertEquals(0, owned.drift());

    OwnedTask task = task(null);
    OwnedBlock driven = new OwnedBlock(new BlockId(3, 2, 1), 1, 1, 0, 1);
    driven.tasks[0] = task;
    owned.accepted(driven);
    assertEquals(0, owned.drift());
    task.worker = a;
    assertEquals(1, owned.drift(), "an open attempt that is counted nowhere");
    router.holds(a, task);
    assertEquals(0, owned.drift());

    task.state = TaskState.SUCCEEDED;
    assertEquals(1, owned.drift(), "it has ended, and its worker still counts it");
    task.state = TaskState.WAITING;
    router.leave(a.member.peer());
    assertEquals(1, owned.drift(), "its worker is gone, and it still counts as being there");
    a.unassign(task);
    assertEquals(0, owned.drift());
  }
}
