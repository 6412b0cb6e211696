package io.dispatcher.vertx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.dispatcher.client.Answer;
import io.dispatcher.client.Call;
import io.dispatcher.client.ClientBounds;
import io.dispatcher.client.OptionTexts;
import io.dispatcher.client.RemoteTaskClient;
import io.dispatcher.client.Unreachable;
import io.dispatcher.task.TaskId;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Submits tasks over the event bus, to the fronts that have the door {@code bus}. The Vert.x must
 * share the bus with them: {@link VertxBus} makes one for an application that is no node, {@link
 * VertxCluster#bus} is that of a node.
 *
 * <p>The bus delivers at best once and tells nobody what it lost. So a call that is not answered in
 * time is sent again, with the same idempotency key, and goes to the next front: the task runs
 * once, whichever of the messages arrived. The price: a task with a key is recorded by itself, one
 * ledger write each, where the library records up to 256 together.
 *
 * <p>Submitted on a Vert.x context, the stages of a handle complete on that context; elsewhere on
 * two threads of the client. Results are decoded on the latter. Thread-safe. Closing it leaves the
 * Vert.x open.
 */
public final class EventBusTaskClient extends RemoteTaskClient {

  /** What a client does unless it is told otherwise. */
  public static final ClientBounds BOUNDS =
      new ClientBounds(
          Duration.ofSeconds(2),
          Duration.ofSeconds(15),
          Duration.ofSeconds(3),
          1_000,
          10_000,
          100_000,
          64L << 20);

  private static final String SUBMIT = "dispatcher.submit";
  private static final String TASK = "dispatcher.task.";
  private static final int FRONTS = 3;

  private final Vertx vertx;
  private final @Nullable String token;

  /** Tells fronts which tasks are of the same client. */
  private final String name = UUID.randomUUID().toString();

  /** A client on this bus, with {@link #BOUNDS}. */
  public EventBusTaskClient(Vertx vertx) {
    this(vertx, BOUNDS, null);
  }

  /** As {@link #EventBusTaskClient(Vertx, ClientBounds, Executor, String)}, without a token. */
  public EventBusTaskClient(Vertx vertx, ClientBounds bounds, @Nullable Executor callbacks) {
    this(vertx, bounds, callbacks, null);
  }

  /**
   * A client on this bus.
   *
   * @param callbacks where results are decoded, and stages complete of what was not submitted on a
   *     Vert.x context; null: two threads of the client
   * @param token what the fronts have as {@code bus.token}; null: they have none
   * @throws IllegalArgumentException if the Vert.x is not clustered
   */
  public EventBusTaskClient(
      Vertx vertx, ClientBounds bounds, @Nullable Executor callbacks, @Nullable String token) {
    super(bounds, callbacks);
    this.token = token;
    this.vertx = requireNonNull(vertx, "vertx");
    if (!vertx.isClustered()) {
      throw new IllegalArgumentException(
          "this Vert.x is not clustered, so no front is on its event bus; use VertxBus.join");
    }
  }

  @Override
  protected CompletionStage<Answer> send(Call call, Duration atMost) {
    DeliveryOptions options =
        new DeliveryOptions()
            .setSendTimeout(Math.max(1, atMost.toMillis()))
            .addHeader("failure", "json");
    if (token != null) {
      options.addHeader("authorization", "Bearer " + token);
    }
    if (call instanceof Call.Submit submit) {
      options.addHeader("client", name);
      options.addHeader("type", submit.type());
      options.addHeader("idempotencyKey", submit.idempotencyKey());
      OptionTexts.of(submit.options()).forEach(options::addHeader);
      return request(SUBMIT, Buffer.buffer(submit.payload()), options);
    } else if (call instanceof Call.Result result) {
      options.addHeader("wait", result.allowed().toMillis() + "ms");
      return request(TASK + "result", id(result.id()), options);
    } else if (call instanceof Call.Find find) {
      return request(TASK + "find", id(find.id()), options);
    } else if (call instanceof Call.Cancel cancel) {
      return request(TASK + "cancel", id(cancel.id()), options);
    }
    throw new IllegalArgumentException("no call of the event bus: " + call);
  }

  private static JsonObject id(TaskId id) {
    return new JsonObject().put("id", id.text());
  }

  private CompletionStage<Answer> request(String address, Object body, DeliveryOptions options) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    vertx
        .eventBus()
        .request(address, body, options)
        .onComplete(
            reply -> {
              if (reply.succeeded()) {
                answer.complete(answer(reply.result()));
              } else {
                refused(address, reply.cause(), answer);
              }
            });
    return answer;
  }

  private static Answer answer(Message<Object> reply) {
    Object body = reply.body();
    byte[] bytes =
        body instanceof Buffer buffer
            ? buffer.getBytes()
            : body == null ? new byte[0] : body.toString().getBytes(UTF_8);
    return new Answer(number(reply, "status", 500), bytes, number(reply, "attempt", 0), null);
  }

  private static int number(Message<?> reply, String header, int other) {
    String text = reply.headers().get(header);
    return text != null && text.matches("\\d{1,9}") ? Integer.parseInt(text) : other;
  }

  private static void refused(String address, Throwable cause, CompletableFuture<Answer> answer) {
    if (cause instanceof ReplyException refusal) {
      if (refusal.failureType() == ReplyFailure.NO_HANDLERS) {
        answer.completeExceptionally(
            new Unreachable("nobody listens at " + address + " on the event bus", refusal));
        return;
      }
      int status = refusal.failureCode();
      if (refusal.failureType() == ReplyFailure.RECIPIENT_FAILURE
          && status >= 400
          && status < 600) {
        String problem = refusal.getMessage() == null ? "" : refusal.getMessage();
        answer.complete(new Answer(status, problem.getBytes(UTF_8), 0, null));
        return;
      }
    }
    answer.completeExceptionally(cause);
  }

  /** The fronts are not known here: three tries before a pause is right for most clusters. */
  @Override
  protected int fronts() {
    return FRONTS;
  }

  @Override
  protected Executor caller(Executor callbacks) {
    Context context = Vertx.currentContext();
    return context == null || context.owner() != vertx
        ? callbacks
        : work -> context.runOnContext(now -> work.run());
  }

  @Override
  protected String target() {
    return "the event bus";
  }

  @Override
  protected void closeLink() {
    // The Vert.x is the application's; answers that still come find nobody who waits.
  }
}
