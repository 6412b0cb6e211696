package io.dispatcher.cluster;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.ledger.Peer;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalClusterTest {

  private final AtomicReference<Throwable> error = new AtomicReference<>();
  private final LocalCluster cluster = LocalCluster.named("a", error::set);

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void theLoopKeepsItsPromises() throws Exception {
    LoopContract.check(name -> cluster.loop(name));
  }

  @Test
  void anErrorOnALoopClosesTheCluster() throws Exception {
    Loop loop = cluster.loop("one");
    Loop other = cluster.loop("other");
    CountDownLatch never = new CountDownLatch(1);
    IllegalStateException thrown = new IllegalStateException("on purpose");

    loop.execute(
        () -> {
          loop.execute(never::countDown);
          throw thrown;
        });

    await().untilAsserted(() -> assertSame(thrown, error.get()));
    await().untilAsserted(() -> assertTrue(((QueueLoop) other).ended()));
    assertEquals(1, never.getCount());
  }

  @Test
  void theEndIsToldWhenNoLoopIsInATurnAnyMore() throws Exception {
    Loop loop = cluster.loop("one");
    Loop other = cluster.loop("other");
    CountDownLatch inTurn = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    cluster.onEnd(e -> seen.add("end"));
    other.execute(
        () -> {
          inTurn.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          seen.add("turn over");
        });
    inTurn.await();

    loop.execute(
        () -> {
          throw new IllegalStateException("on purpose");
        });
    await().until(() -> error.get() != null);
    release.countDown();

    await().until(() -> seen.contains("end"));
    assertEquals(List.of("turn over", "end"), List.copyOf(seen));
  }

  @Test
  void framesReachTheRolesOfThisNodeOnly() {
    Loop loop = cluster.loop("worker");
    Peer self = cluster.membership().self().peer();
    Address front = new Address(self, Role.FRONT);
    Queue<Frame> frames = new ConcurrentLinkedQueue<>();
    Queue<Address> senders = new ConcurrentLinkedQueue<>();
    cluster
        .transport()
        .receive(
            Role.WORKER,
            loop,
            (from, frame) -> {
              frames.add(frame);
              senders.add(from);
            });
    Frame frame = new Frame(1, 0, null);

    cluster.transport().send(front, new Address(new Peer("a", 0), Role.WORKER), frame);
    cluster.transport().send(front, new Address(self, Role.STORE), frame);
    cluster.transport().send(front, new Address(self, Role.WORKER), frame);

    await().untilAsserted(() -> assertEquals(List.of(front), List.copyOf(senders)));
    assertSame(frame, frames.peek());
  }

  @Test
  void theOnlyMemberHasAllRoles() {
    Queue<List<Member>> lists = new ConcurrentLinkedQueue<>();
    cluster.membership().listen(cluster.loop("front"), lists::add);

    await().untilAsserted(() -> assertEquals(1, lists.size()));
    Member self = cluster.membership().self();
    assertEquals(List.of(self), lists.peek());
    assertEquals(EnumSet.allOf(Role.class), self.roles());
    assertEquals(1, cluster.membership().size());
    assertEquals(1, cluster.membership().copies());
  }
}
