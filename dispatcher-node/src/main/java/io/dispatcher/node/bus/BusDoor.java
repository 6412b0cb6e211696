package io.dispatcher.node.bus;

import io.dispatcher.cluster.Role;
import io.dispatcher.node.Door;
import io.dispatcher.node.DoorContext;
import io.dispatcher.node.config.BusConfig;
import io.dispatcher.node.http.Problem;
import io.dispatcher.node.http.Problems;
import io.dispatcher.node.http.Refused;
import io.dispatcher.node.http.Token;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks over the event bus of the cluster; the package says how. Thread-safe.
 *
 * <p>Whoever is on the bus may submit unless {@code bus.token} is set. Either way keep its port,
 * like that of Hazelcast, inside the cluster's own network, or set {@code cluster.tls}: Vert.x
 * reads a message whole before anybody can look at its length. Bounded here: the body of a message,
 * messages that are not answered yet, and the bytes in them.
 */
public final class BusDoor implements Door {
  private static final Logger log = LoggerFactory.getLogger(BusDoor.class);

  /** Where fronts listen for tasks; with a dot and its name, one of them. */
  public static final String SUBMIT = "dispatcher.submit";

  private static final String TASK = "dispatcher.task.";
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final long RETRY_MILLIS = 500;
  private static final long CLOSE_SECONDS = 5;
  private static final int MAX_OPEN = 20_000;
  private static final double BYTES_SHARE = 0.1;

  private final DoorContext context;
  private final BusConfig config;
  private final @Nullable Token token;
  private final String node;
  private final long maxBytes = (long) (BYTES_SHARE * Runtime.getRuntime().maxMemory());
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final List<MessageConsumer<Object>> consumers = new ArrayList<>();
  private final AtomicReference<@Nullable Vertx> listening = new AtomicReference<>();
  private volatile boolean stopped;
  private volatile boolean closed;

  private BusDoor(DoorContext context, BusConfig config) {
    this.context = context;
    this.config = config;
    this.token = Token.of(config.token(), "bus.token", "the message header");
    this.node = context.dispatcher().node();
  }

  /**
   * Opens the door if the node is a front in a cluster and its configuration has it; what other
   * nodes do not take must not be sent to them. It listens once the bus does, which is when a store
   * node is there.
   *
   * @throws IllegalStateException if the bus cannot listen
   */
  public static @Nullable BusDoor open(DoorContext context) {
    CompletionStage<Vertx> bus = context.bus();
    boolean front = context.config().node().roles().contains(Role.FRONT);
    BusConfig config = context.config().bus();
    if (config == null || bus == null || !front) {
      return null;
    }
    BusDoor door = new BusDoor(context, config);
    door.listen(bus);
    awaitABit(bus);
    return door;
  }

  /** A port that is taken shows at once; a store node may take longer, and is not waited for. */
  private static void awaitABit(CompletionStage<Vertx> bus) {
    try {
      bus.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException later) {
      log.info("the event-bus door opens once a store node is there");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the event-bus door opened", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IllegalStateException(cause.getMessage() + "; choose another bus.port", cause);
    }
  }

  @Override
  public void rejoined(@Nullable CompletionStage<Vertx> bus) {
    if (bus != null) {
      listen(bus);
    }
  }

  private void listen(CompletionStage<Vertx> bus) {
    bus.whenComplete(
        (vertx, error) -> {
          if (vertx != null) {
            listen(vertx);
          } else if (!closed) {
            log.error("the event-bus door stays closed: {}", String.valueOf(error));
          }
        });
  }

  private void listen(Vertx vertx) {
    if (listening.getAndSet(vertx) == vertx) {
      // It was waited for before the node joined its cluster again, and after.
      return;
    }
    TaskCalls calls =
        new TaskCalls(vertx, context.dispatcher(), context.config().limits().payload());
    listen(vertx, SUBMIT, submit(calls));
    listen(vertx, SUBMIT + "." + node, submit(calls));
    listen(vertx, TASK + "find", calls::find);
    listen(vertx, TASK + "result", calls::result);
    listen(vertx, TASK + "cancel", calls::cancel);
  }

  private Consumer<Request> submit(TaskCalls calls) {
    return request -> {
      if (stopped) {
        request.problem(
            Problems.closed(
                "node " + node + " is ending and takes no new tasks; use another node"));
      } else {
        calls.submit(request);
      }
    };
  }

  /** The address is kept in the cluster, which may just be losing a node: then again. */
  private void listen(Vertx vertx, String address, Consumer<Request> call) {
    if (closed) {
      return;
    }
    MessageConsumer<Object> consumer =
        vertx.eventBus().consumer(address, message -> handle(message, call));
    synchronized (consumers) {
      consumers.add(consumer);
    }
    consumer
        .completion()
        .onFailure(
            error -> {
              log.warn("no listening at {} yet, trying again: {}", address, error.toString());
              synchronized (consumers) {
                consumers.remove(consumer);
              }
              consumer.unregister();
              vertx.setTimer(RETRY_MILLIS, again -> listen(vertx, address, call));
            });
  }

  private void handle(Message<Object> message, Consumer<Request> call) {
    long size = Sizes.of(message);
    int messages = open.incrementAndGet();
    long held = bytes.addAndGet(size);
    Request request =
        new Request(
            message,
            () -> {
              open.decrementAndGet();
              bytes.addAndGet(-size);
            });
    request.guarded(
        () -> {
          check(message, size);
          if (messages > MAX_OPEN || held > maxBytes) {
            throw new Refused(
                Problem.overloaded(
                    "messages that are not answered yet fill the budget of node " + node,
                    Duration.ofSeconds(1)));
          }
          call.accept(request);
        });
  }

  private void check(Message<Object> message, long size) {
    Token expected = token;
    if (expected != null) {
      expected.check(message.headers().get("authorization"));
    }
    if (size > config.body()) {
      throw new Refused(
          Problem.tooLarge(
              "the body has about "
                  + size
                  + " bytes, "
                  + config.body()
                  + " are allowed (bus.body); send a reference to the data instead"));
    }
  }

  @Override
  public String address() {
    return "event bus, " + SUBMIT + " and " + SUBMIT + "." + node;
  }

  /** What was on its way is still refused with a word; then nobody sends here any more. */
  @Override
  public void stopIntake() {
    stopped = true;
    synchronized (consumers) {
      for (MessageConsumer<Object> consumer : consumers) {
        if (consumer.address().startsWith(SUBMIT)) {
          unregister(consumer);
        }
      }
    }
  }

  private static void unregister(MessageConsumer<Object> consumer) {
    try {
      consumer.unregister();
    } catch (RejectedExecutionException closed) {
      log.debug("the event bus is closed already: nobody sends to {}", consumer.address());
    }
  }

  @Override
  public void close() {
    stopped = true;
    closed = true;
    List<MessageConsumer<Object>> listening;
    synchronized (consumers) {
      listening = List.copyOf(consumers);
      consumers.clear();
    }
    for (MessageConsumer<Object> consumer : listening) {
      try {
        consumer
            .unregister()
            .toCompletionStage()
            .toCompletableFuture()
            .get(CLOSE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
        // The cluster was left before: nobody finds the address any more.
        log.debug("{} was not unregistered", consumer.address(), e);
      }
    }
  }
}
