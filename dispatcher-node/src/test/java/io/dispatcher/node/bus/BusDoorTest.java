package io.dispatcher.node.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LocalCluster;
import io.dispatcher.node.DoorContext;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom the door lets in, and how much of it; on a bus without a cluster. */
class BusDoorTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final int BODY = 8 << 10;

  private static Vertx vertx;
  private static Dispatcher dispatcher;
  private static BusDoor door;

  @BeforeAll
  static void open() throws IOException {
    vertx = Vertx.vertx();
    dispatcher =
        Dispatcher.builder()
            .cluster(LocalCluster.named("here"))
            .balancer("least-connections")
            .handle(TaskType.of("echo", Codec.bytes(), Codec.bytes()), (payload, ctx) -> payload)
            .start();
    NodeConfig config =
        LoadedConfig.load(
                null,
                Map.of(),
                List.of(
                    "cluster.name=here",
                    "bus.token=" + TOKEN,
                    "bus.body=" + BODY,
                    "limits.payload=4KiB"))
            .config();
    door =
        BusDoor.open(
            new DoorContext(vertx, CompletableFuture.completedFuture(vertx), dispatcher, config));
  }

  @AfterAll
  static void close() {
    door.close();
    dispatcher.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void whoSendsTheTokenMaySubmit() throws Exception {
    Message<Object> reply =
        ask("dispatcher.submit", Buffer.buffer("a"), echo().addHeader("wait", "10s"), TOKEN);
    assertEquals(Buffer.buffer("a"), reply.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dispatcher.submit",
        "dispatcher.submit.here",
        "dispatcher.task.find",
        "dispatcher.task.result",
        "dispatcher.task.cancel"
      })
  void whoDoesNotIsRefusedAtEveryAddressWithTheStatusOfHttp(String address) {
    ReplyException none = refusal(address, Buffer.buffer("a"), echo(), null);
    assertEquals(401, none.failureCode());
    assertTrue(none.getMessage().contains("bus.token"), none.getMessage());

    ReplyException wrong = refusal(address, Buffer.buffer("a"), echo(), TOKEN + "0");
    assertEquals(401, wrong.failureCode());
    assertTrue(wrong.getMessage().contains("not the node's"), wrong.getMessage());
  }

  @Test
  void whatIsTooLongIsRefusedWhateverItsForm() {
    assertEquals(
        413,
        refusal("dispatcher.submit", Buffer.buffer(new byte[4097]), echo(), TOKEN).failureCode());
    ReplyException buffer =
        refusal("dispatcher.submit", Buffer.buffer(new byte[BODY + 1]), echo(), TOKEN);
    assertEquals(413, buffer.failureCode());
    assertTrue(buffer.getMessage().contains("bus.body"), buffer.getMessage());

    JsonObject text = new JsonObject().put("type", "echo").put("payload", "x".repeat(BODY));
    assertEquals(
        413, refusal("dispatcher.submit", text, new DeliveryOptions(), TOKEN).failureCode());

    JsonArray many = new JsonArray();
    for (int i = 0; i < BODY; i++) {
      many.add(i);
    }
    JsonObject list = new JsonObject().put("type", "echo").put("payload", many);
    assertEquals(
        413, refusal("dispatcher.submit", list, new DeliveryOptions(), TOKEN).failureCode());

    DeliveryOptions heavy = echo().addHeader("x-trace", "y".repeat(BODY));
    assertEquals(413, refusal("dispatcher.submit", Buffer.buffer("a"), heavy, TOKEN).failureCode());
    String id = "z".repeat(BODY + 1);
    assertEquals(
        413, refusal("dispatcher.task.find", id, new DeliveryOptions(), TOKEN).failureCode());
  }

  @Test
  void aClientThatNamesItselfIsOneSubmitter() throws Exception {
    long before = sessions();
    for (String client : List.of("one", "two", "one", "two", "one")) {
      ask(
          "dispatcher.submit",
          Buffer.buffer("a"),
          echo().addHeader("wait", "10s").addHeader("client", client),
          TOKEN);
    }
    // The session of a task without a name ends with the task.
    assertEquals(before + 2, sessions());
  }

  /** How many there are, as one more task is told. */
  private static long sessions() throws Exception {
    Message<Object> reply =
        ask(
            "dispatcher.submit",
            Buffer.buffer("a"),
            echo().addHeader("wait", "10s").addHeader("explain", "true"),
            TOKEN);
    TaskId id = TaskId.of(reply.headers().get("id"));
    return dispatcher
        .find(id)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS)
        .orElseThrow()
        .placement()
        .candidates()
        .get(0)
        .sessions();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 129})
  void theNameOfAClientIsNeitherEmptyNorTooLong(int length) {
    DeliveryOptions options = echo().addHeader("client", "c".repeat(length));
    ReplyException refused = refusal("dispatcher.submit", Buffer.buffer("a"), options, TOKEN);
    assertEquals(422, refused.failureCode());
    assertTrue(refused.getMessage().contains("must have 1 to 128"), refused.getMessage());
  }

  @Test
  void deepNestingIsCountedWithoutRecursion() {
    JsonObject outer = new JsonObject();
    for (int i = 0; i < 100_000; i++) {
      outer = new JsonObject().put("a", outer);
    }
    assertTrue(Sizes.ofBody(outer) >= 100_000);
  }

  private static DeliveryOptions echo() {
    return new DeliveryOptions().addHeader("type", "echo");
  }

  private static Message<Object> ask(
      String address, Object body, DeliveryOptions options, String token) throws Exception {
    if (token != null) {
      options.addHeader("authorization", "Bearer " + token);
    }
    return vertx
        .eventBus()
        .request(address, body, options.setSendTimeout(20_000))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private static ReplyException refusal(
      String address, Object body, DeliveryOptions options, String token) {
    ExecutionException thrown =
        assertThrows(ExecutionException.class, () -> ask(address, body, options, token));
    return assertInstanceOf(ReplyException.class, thrown.getCause());
  }
}
