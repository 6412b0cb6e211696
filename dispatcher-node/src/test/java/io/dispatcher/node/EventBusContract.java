package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.vertx.EventBusTaskClient;
import io.dispatcher.vertx.VertxBus;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Over the event bus, from a Vert.x that is no node; and as plain messages. */
@ExtendWith(ContractCluster.Shared.class)
abstract class EventBusContract extends TaskClientContract {

  private static VertxBus bus;
  private static EventBusTaskClient client;

  @BeforeAll
  static void start(ContractCluster cluster) {
    bus = VertxBus.join(cluster.options("app").build());
    client = new EventBusTaskClient(bus.vertx());
    client
        .submit(ContractHandlers.SHOUT.task("a").admission(Duration.ofSeconds(10)))
        .await(Duration.ofSeconds(30));
  }

  @AfterAll
  static void stop() {
    client.close();
    bus.close();
  }

  @Override
  TaskClient client() {
    return client;
  }

  @Override
  TaskClient another() {
    return new EventBusTaskClient(bus.vertx());
  }

  @Test
  void a_client_needs_a_clustered_vertx() {
    Vertx alone = Vertx.vertx();
    try {
      assertThrows(IllegalArgumentException.class, () -> new EventBusTaskClient(alone));
    } finally {
      alone.close();
    }
  }

  @Test
  void stages_complete_on_the_context_they_were_asked_for_on() throws Exception {
    CompletableFuture<Context> completedOn = new CompletableFuture<>();
    Context context = bus.vertx().getOrCreateContext();
    context.runOnContext(
        now ->
            client
                .submit(ContractHandlers.SHOUT.task("a"))
                .result()
                .thenAccept(result -> completedOn.complete(Vertx.currentContext())));
    assertEquals(context, completedOn.get(30, TimeUnit.SECONDS));
  }

  // ---------------------------------------------------------------- plain messages

  @Test
  void a_buffer_with_headers_is_a_task() throws Exception {
    Message<Object> reply =
        ask("dispatcher.submit", Buffer.buffer("hello"), options("type", "shout"));

    JsonObject accepted = assertInstanceOf(JsonObject.class, reply.body());
    assertEquals("waiting", accepted.getString("state"));
    TaskId id = TaskId.of(accepted.getString("id"));
    assertEquals("HELLO", client.attach(id, ContractHandlers.SHOUT).await(Duration.ofSeconds(30)));
  }

  @Test
  void with_wait_the_reply_is_the_result() throws Exception {
    DeliveryOptions options = options("type", "shout").addHeader("wait", "10s");
    Message<Object> reply = ask("dispatcher.submit", Buffer.buffer("hello"), options);

    assertEquals(Buffer.buffer("HELLO"), reply.body());
    assertEquals("200", reply.headers().get("status"));
    assertEquals("1", reply.headers().get("attempt"));
  }

  @Test
  void a_json_object_is_a_task_and_a_node_has_an_address_of_its_own() throws Exception {
    JsonObject task =
        new JsonObject()
            .put("type", "copy")
            .put("payload", new JsonObject().put("a", 1))
            .put("retries", 2)
            .put("backoff", new JsonObject().put("initial", "10ms"))
            .put("requires", new JsonArray().add("gpu"))
            .put("explain", true)
            .put("wait", "10s");
    Message<Object> reply = ask("dispatcher.submit.node-2", task, new DeliveryOptions());
    assertEquals(Buffer.buffer("{\"a\":1}"), reply.body());
  }

  @Test
  void when_the_wait_runs_out_the_reply_is_the_id_and_the_task_goes_on() throws Exception {
    DeliveryOptions options = options("type", "hold").addHeader("wait", "50ms");
    JsonObject running =
        assertInstanceOf(
            JsonObject.class, ask("dispatcher.submit", Buffer.buffer("on"), options).body());
    JsonObject id = new JsonObject().put("id", running.getString("id"));

    Message<Object> status = ask("dispatcher.task.result", id, options("wait", "10ms"));
    assertEquals("202", status.headers().get("status"));
    assertEquals("hold", ((JsonObject) status.body()).getString("type"));

    ask("dispatcher.task.cancel", id, new DeliveryOptions());
    ReplyException ended =
        refusal("dispatcher.task.result", running.getString("id"), new DeliveryOptions());
    assertEquals(409, ended.failureCode());
  }

  @Test
  void a_result_that_is_there_needs_no_wait() throws Exception {
    TaskHandle<String> handle = client.submit(ContractHandlers.SHOUT.task("a"));
    handle.await(Duration.ofSeconds(30));
    String id = handle.accepted().toCompletableFuture().get().text();
    assertEquals(
        Buffer.buffer("A"), ask("dispatcher.task.result", id, new DeliveryOptions()).body());
  }

  @Test
  void a_failed_task_is_a_refusal_that_says_why() {
    DeliveryOptions options =
        options("type", "fail").addHeader("wait", "10s").addHeader("retries", "0");
    ReplyException failed = refusal("dispatcher.submit", Buffer.buffer("disk full"), options);
    assertEquals(502, failed.failureCode());
    assertTrue(failed.getMessage().contains("disk full"), failed.getMessage());

    options.addHeader("failure", "json");
    JsonObject json =
        new JsonObject(
            refusal("dispatcher.submit", Buffer.buffer("disk full"), options).getMessage());
    assertEquals("task-failed", json.getString("code"));
    assertEquals("disk full", json.getJsonObject("failure").getString("message"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=shuot                 | 422 | shout",
        "''                         | 422 | has no type",
        "type=1                     | 422 | starts with a letter",
        "type=shout,retries=many    | 422 | retries is 'many'",
        "type=shout,retries=-1      | 422 | retries is -1",
        "type=shout,requires=a b    | 422 | a label has only",
        "type=shout,explain=yes     | 422 | explain is 'yes', but must be true or false",
        "type=shout,wait=1x         | 422 | must be a duration",
        "type=shout,wait=2h         | 422 | at most",
        "type=shout,retires=1       | 400 | no header 'retires'",
        "type=shout,notBefore=never | 422 | notBefore is 'never'",
        "type=shout,backoff=1s,2,1d,9,9 | 422 | backoff",
      })
  void a_bad_message_is_refused_with_the_status_of_http(String headers, int code, String why) {
    DeliveryOptions options = new DeliveryOptions();
    for (String header : headers.split(",(?=[a-zA-Z]+=)")) {
      if (!header.isEmpty()) {
        options.addHeader(header.split("=")[0], header.split("=")[1]);
      }
    }
    ReplyException refusal = refusal("dispatcher.submit", Buffer.buffer("a"), options);
    assertEquals(code, refusal.failureCode(), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  @Test
  void other_bodies_are_refused() {
    DeliveryOptions options = options("type", "shout");
    assertEquals(400, refusal("dispatcher.submit", "text", options).failureCode());
    assertEquals(400, refusal("dispatcher.submit", 7, options).failureCode());
    assertEquals(
        422,
        refusal("dispatcher.submit", new JsonObject().put("type", "shout"), options).failureCode());
    assertEquals(
        422,
        refusal(
                "dispatcher.submit",
                new JsonObject().put("type", "shout").put("priority", "1"),
                new DeliveryOptions())
            .failureCode());
    assertEquals(
        422,
        refusal(
                "dispatcher.submit",
                new JsonObject().put("type", "shout").put("requires", new JsonArray().add(1)),
                new DeliveryOptions())
            .failureCode());
    assertEquals(
        400,
        refusal(
                "dispatcher.submit",
                new JsonObject().put("type", "shout").put("payloads", "1"),
                new DeliveryOptions())
            .failureCode());
    assertEquals(
        413,
        refusal("dispatcher.submit", Buffer.buffer(new byte[(1 << 20) + 1]), options)
            .failureCode());
    assertEquals(400, refusal("dispatcher.task.find", 7, options).failureCode());
    assertEquals(404, refusal("dispatcher.task.find", "no id!", options).failureCode());
    assertEquals(404, refusal("dispatcher.task.cancel", "a1", options).failureCode());
  }

  private static DeliveryOptions options(String name, String value) {
    return new DeliveryOptions().addHeader(name, value);
  }

  private static Message<Object> ask(String address, Object body, DeliveryOptions options)
      throws Exception {
    return bus.vertx()
        .eventBus()
        .request(address, body, options.setSendTimeout(20_000))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  private static ReplyException refusal(String address, Object body, DeliveryOptions options) {
    ExecutionException thrown =
        assertThrows(ExecutionException.class, () -> ask(address, body, options));
    return assertInstanceOf(ReplyException.class, thrown.getCause());
  }
}
