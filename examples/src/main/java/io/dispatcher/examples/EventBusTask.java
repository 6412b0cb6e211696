package io.dispatcher.examples;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;

import io.dispatcher.task.TaskClient;
import io.dispatcher.task.TaskType;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.EventBusTaskClient;
import io.dispatcher.vertx.VertxBus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;

/**
 * Tasks over the event bus, from a Vert.x application that is no node. Start a node first, then
 * this with the name of its cluster and where it listens:
 *
 * <pre>java -jar dispatcher-node.jar node --set cluster.name=acme --set cluster.members=127.0.0.1
 * </pre>
 */
public final class EventBusTask {

  static final TaskType<String, String> ECHO = TaskType.of("echo", text(), text());

  private EventBusTask() {}

  public static void main(String[] args) {
    ClusterOptions options =
        ClusterOptions.named("shop").clusterName(args[0]).port(0).members(args[1]).build();
    try (VertxBus bus = VertxBus.join(options);
        TaskClient client = new EventBusTaskClient(bus.vertx())) {
      // The client repeats what nobody has answered; the task runs once all the same.
      System.out.println(
          client.submit(ECHO.task("hello").admission(ofSeconds(10))).await(ofSeconds(30)));

      // Without it: the payload is the message, options are headers, the reply is the result.
      EventBus messages = bus.vertx().eventBus();
      DeliveryOptions echo =
          new DeliveryOptions().addHeader("type", "echo").addHeader("wait", "10s");
      messages
          .<Buffer>request("dispatcher.submit", Buffer.buffer("once more"), echo)
          .onSuccess(reply -> System.out.println(reply.body()))
          .toCompletionStage()
          .toCompletableFuture()
          .join();

      // A refusal has the status that the same request has over HTTP.
      messages
          .request(
              "dispatcher.submit", Buffer.buffer(), new DeliveryOptions().addHeader("type", "ecoh"))
          .recover(
              refusal -> {
                System.out.println(((ReplyException) refusal).failureCode());
                return io.vertx.core.Future.succeededFuture();
              })
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    }
  }
}
