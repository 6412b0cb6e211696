package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GateTest {

  private final LocalCluster local = LocalCluster.start();
  private final Loop loop = local.loop("gate");

  @AfterEach
  void close() {
    local.close();
  }

  @Test
  void a_front_waits_for_a_majority_of_the_stores_and_says_how_many_are_missing() {
    Fake members = new Fake(member("a", STORE, FRONT), 3);
    Gate gate = new Gate(() -> members, loop);
    gate.met();
    assertFalse(gate.readiness().ready());

    members.are(member("a", STORE, FRONT), member("f", FRONT, WORKER));
    assertEquals(new Readiness(false, "store 1 of 3: waiting for 1 more"), gate.readiness());
    members.are(member("a", STORE, FRONT), member("b", STORE));
    assertEquals(new Readiness(true, "ready"), gate.readiness());
    members.are(member("a", STORE, FRONT));
    assertFalse(gate.readiness().ready());
  }

  @Test
  void it_is_not_ready_before_the_workers_said_what_they_run() {
    Fake members = new Fake(member("a", STORE, FRONT), 1);
    Gate gate = new Gate(() -> members, loop);
    members.are(member("a", STORE, FRONT));

    assertTrue(gate.readiness().reason().startsWith("starting"), gate.readiness().reason());
    gate.met();
    assertTrue(gate.readiness().ready());
  }

  @Test
  void a_node_without_the_role_front_takes_nothing_in() {
    Fake worker = new Fake(member("w", WORKER), 3);
    Gate gate = new Gate(() -> worker, loop);

    assertFalse(gate.readiness().ready());
    assertTrue(gate.readiness().reason().contains("role front"), gate.readiness().reason());
  }

  @Test
  void a_dispatcher_is_ready_then_drains_then_is_closed() {
    TaskType<String, String> type = TaskType.of("hold", Codec.text(), Codec.text());
    CountDownLatch release = new CountDownLatch(1);
    Dispatcher d =
        Dispatcher.builder()
            .handle(
                type,
                (words, ctx) -> {
                  release.await();
                  return words;
                })
            .start();
    await().until(() -> d.readiness().ready());
    d.submit(type.task("x")).accepted().toCompletableFuture().join();

    CompletableFuture<Void> closing = CompletableFuture.runAsync(d::close);
    await().until(() -> d.readiness().reason().startsWith("draining"));
    release.countDown();
    closing.join();

    assertEquals(false, d.readiness().ready());
    assertTrue(d.readiness().reason().startsWith("closed"), d.readiness().reason());
    d.close(Duration.ZERO);
  }

  private static Member member(String name, Role... roles) {
    return new Member(new Peer(name, 1), Set.of(roles), null, Set.of());
  }

  /** Tells its listener at once, on the caller's thread. */
  private static final class Fake implements Membership {
    private final Member self;
    private final int size;
    private Consumer<List<Member>> listener = members -> {};

    Fake(Member self, int size) {
      this.self = self;
      this.size = size;
    }

    void are(Member... members) {
      listener.accept(List.of(members));
    }

    @Override
    public Member self() {
      return self;
    }

    @Override
    public void listen(Executor executor, Consumer<List<Member>> heard) {
      listener = heard;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public int copies() {
      return size / 2 + 1;
    }
  }
}
