package io.dispatcher.vertx;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.hazelcast.core.HazelcastInstance;
import io.dispatcher.hazelcast.BusMember;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeBusTest {

  /** Sees no store node: the bus is not started, and looks again and again. */
  private static final class Waiting implements BusMember {
    private final AtomicInteger looks = new AtomicInteger();

    @Override
    public HazelcastInstance instance() {
      throw new AssertionError("the bus was started without a store node");
    }

    @Override
    public boolean hasStore() {
      looks.incrementAndGet();
      return false;
    }

    @Override
    public void close() {}
  }

  private final Waiting first = new Waiting();
  private final Waiting next = new Waiting();
  private volatile Waiting member = first;
  private final NodeBus bus = new NodeBus(() -> member, VertxOptions::new);

  @AfterEach
  void close() {
    bus.close();
  }

  @Test
  void who_waits_goes_on_waiting_for_the_bus_of_the_next_member() {
    CompletableFuture<Vertx> stage = bus.started().toCompletableFuture();
    await().until(() -> first.looks.get() > 0);

    bus.leave();
    member = next;
    bus.joined();

    await().until(() -> next.looks.get() > 0);
    assertFalse(stage.isDone());
    bus.close();
    CompletionException closed = assertThrows(CompletionException.class, stage::join);
    assertEquals("the event bus was closed", closed.getCause().getMessage());
  }

  @Test
  void who_asks_between_two_members_gets_the_bus_of_the_second() {
    bus.leave();
    CompletableFuture<Vertx> stage = bus.started().toCompletableFuture();
    assertEquals(0, first.looks.get());

    member = next;
    bus.joined();

    await().until(() -> next.looks.get() > 0);
    assertEquals(0, first.looks.get());
    assertFalse(stage.isDone());
  }

  @Test
  void nobody_waits_for_one_that_was_closed() {
    bus.close();
    assertThrows(CompletionException.class, () -> bus.started().toCompletableFuture().join());
  }
}
