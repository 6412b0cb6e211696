package io.dispatcher.vertx;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LoopContract;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VertxLoopTest {

  private final Vertx vertx = Vertx.vertx();
  private final AtomicReference<Throwable> error = new AtomicReference<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private VertxLoop loop(String name) {
    return new VertxLoop(
        ((VertxInternal) vertx).createEventLoopContext(), name, name.hashCode(), error::set);
  }

  @Test
  void theLoopKeepsItsPromises() throws Exception {
    LoopContract.check(this::loop);
    assertEquals(null, error.get());
  }

  @Test
  void aTurnThatThrowsEndsTheLoop() {
    VertxLoop loop = loop("one");
    CountDownLatch never = new CountDownLatch(1);
    AssertionError thrown = new AssertionError("on purpose");

    loop.execute(
        () -> {
          loop.execute(never::countDown);
          throw thrown;
        });

    await().untilAsserted(() -> assertSame(thrown, error.get()));
    assertTrue(loop.ended());
    loop.execute(never::countDown);
    assertEquals(1, never.getCount());
    assertEquals(0, loop.depth());
  }

  @Test
  void aTimerThatThrowsEndsTheLoop() {
    VertxLoop loop = loop("one");
    IllegalStateException thrown = new IllegalStateException("on purpose");

    loop.after(
        1_000_000,
        () -> {
          throw thrown;
        });

    await().untilAsserted(() -> assertSame(thrown, error.get()));
  }

  @Test
  void aClosedVertxEndsTheLoop() throws Exception {
    VertxLoop loop = loop("one");
    close();

    await()
        .untilAsserted(
            () -> {
              loop.execute(() -> {});
              loop.after(1, () -> {}).cancel();
              assertEquals(0, loop.depth());
            });
  }
}
