package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A front picks without allocating, the first time after a change of its workers too. */
class PickBytesTest {

  /** What the machine allocates for itself, as it compiles, does not happen in all of them. */
  private static final int ROUNDS = 40;

  /** A table has 65,537 places of 4 bytes. */
  private static final long TABLE = 4 * 65_537;

  private final com.sun.management.ThreadMXBean thread =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final StoppedLoop loop = new StoppedLoop();
  private final Pick pick = new Pick(loop.random());
  private final Submitter submitter = new Submitter(gone -> {});
  private final Sessions sessions = new Sessions(loop);

  @ParameterizedTest
  @CsvSource({"least-requests, 5", "least-requests, 200", "least-connections, 200", "latency, 200"})
  void nothing_is_allocated(String balancer, int size) {
    Router router =
        new Router(
            loop, new Meters(), new Types(Map.of(), Map.of(), balancer, Weights.Rule.DEFAULT));
    router.fronts(new Zones.Fronts("z0", Map.of("z0", 1, "z1", 1)));
    List<WorkerView> views = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      views.add(join(router, i));
    }
    Map<String, OwnedTask> tasks = tasks(views);
    tasks.values().forEach(task -> router.enqueue(task, loop.now()));
    TypeQueue queue = router.queues().iterator().next();
    queue.track(views.get(3)).breaker.eject(loop.now());
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      router.leave(views.get(size - 1).member.peer());
      if (round % 2 == 0) {
        views.set(size - 1, join(router, size - 1));
      }
      router.sample(loop.now());
      String after = round % 2 == 0 ? " after a join" : " after a leave";
      tasks.forEach((what, task) -> bytes.merge(what + after, picked(queue, task), Math::min));
    }
    bytes.forEach((what, least) -> assertEquals(0, least, what));
  }

  /** It takes some milliseconds for each type, whenever a worker comes or goes. */
  @Test
  void a_type_without_keys_has_no_table_of_them() {
    Router router =
        new Router(
            loop,
            new Meters(),
            new Types(Map.of(), Map.of(), "consistent-hash", Weights.Rule.DEFAULT));
    for (int i = 0; i < 200; i++) {
      join(router, i);
    }
    long without = bytesOfAChange(router);
    assertTrue(without < TABLE, () -> without + " bytes");
    router.enqueue(task("key", 3), loop.now());
    long with = bytesOfAChange(router);
    assertTrue(with >= TABLE, () -> with + " bytes");
  }

  /** At least. */
  private long bytesOfAChange(Router router) {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long before = thread.getCurrentThreadAllocatedBytes();
      WorkerView view = join(router, 1_000 + round);
      least = Math.min(least, thread.getCurrentThreadAllocatedBytes() - before);
      router.leave(view.member.peer());
    }
    return least;
  }

  private long picked(TypeQueue queue, OwnedTask task) {
    long before = thread.getCurrentThreadAllocatedBytes();
    WorkerView view = queue.pick(task, pick, loop.now());
    long bytes = thread.getCurrentThreadAllocatedBytes() - before;
    assertNotNull(view);
    return bytes;
  }

  /** One of each kind. */
  private Map<String, OwnedTask> tasks(List<WorkerView> views) {
    Map<String, OwnedTask> tasks = new LinkedHashMap<>();
    tasks.put("the first with a key", task("key", 3));
    tasks.put("the first without", task(null, 3));
    for (String key : new String[] {null, "key"}) {
      String what = key == null ? "" : " with a key";
      OwnedTask retry = task(key, 3);
      retry.avoid(views.get(0).node());
      retry.avoid(views.get(views.size() - 2).node());
      tasks.put("a retry" + what, retry);
      OwnedTask suspect = task(key, 3);
      suspect.history = new History(2, 0, null, 0, null, false, List.of());
      tasks.put("a suspect" + what, suspect);
      tasks.put("one try only" + what, task(key, 0));
    }
    OwnedTask known = task(null, 3);
    known.submitter = submitter;
    sessions.began(known, views.get(1));
    OwnedTask next = task(null, 3);
    next.submitter = submitter;
    tasks.put("the second of a submitter", next);
    return tasks;
  }

  private static OwnedTask task(String key, int retries) {
    Profile profile = new Profile("work", retries, Backoff.DEFAULT, 1_000, 0, 0, 5, 1_000);
    return new OwnedTask(
        new OwnedBlock(new BlockId(1, 2, 3), 1, 1, 0, 4),
        0,
        profile,
        key,
        key == null ? 0 : Balancers.hash(key),
        new byte[0],
        0,
        0);
  }

  private static WorkerView join(Router router, int i) {
    Member member = new Member(new Peer("w" + i, 1), Set.of(Role.WORKER), "z" + i % 2, Set.of());
    router.seen(member, null);
    WorkerView view = router.worker(member.peer());
    router.offered(
        view,
        new Message.Offer(List.of(new Message.Offered("work", "default", 8, 0)), 8, null, false));
    return view;
  }
}
