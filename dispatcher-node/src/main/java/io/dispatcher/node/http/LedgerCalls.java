package io.dispatcher.node.http;

import io.dispatcher.Imported;
import io.dispatcher.LedgerPage;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The calls that take the ledger out of a cluster and into another one. Confined to its loop. */
final class LedgerCalls {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** A record may be larger than what a task may have. */
  private static final int LEAST_BODY = 8 << 20;

  private final DoorLoop loop;

  LedgerCalls(DoorLoop loop) {
    this.loop = loop;
  }

  void handle(Exchange exchange, Route.Match match) {
    exchange.limit(PATIENCE, () -> exchange.problem(late()));
    if (match.route() == Route.EXPORT) {
      export(exchange);
    } else {
      bring(exchange);
    }
  }

  private static Problem late() {
    return Problem.of(503, "unavailable", "Not possible here now", "the ledger gave no answer")
        .retryAfter(Duration.ofSeconds(1));
  }

  private void export(Exchange exchange) {
    Map<String, String> query = Query.read(exchange.head().query());
    if (!query.isEmpty() && (query.size() > 1 || !query.containsKey("from"))) {
      throw new Refused(Problem.malformed("this path takes the parameter from and no other"));
    }
    loop.door()
        .dispatcher()
        .exportPage(query.getOrDefault("from", ""))
        .whenComplete(
            (page, error) -> {
              // A large page is put together here, on the thread that brings it.
              Buffer body = page == null ? null : body(page);
              loop.hop().run(() -> exchange.guarded(() -> answer(exchange, body, error)));
            });
  }

  /** A line of JSON, then the records. */
  private static Buffer body(LedgerPage page) {
    String next = page.next();
    return Json.buffer(
            json -> {
              json.writeStartObject();
              if (next != null) {
                json.writeStringField("next", next);
              }
              json.writeNumberField("tasks", page.tasks());
              json.writeNumberField("outcomes", page.outcomes());
              json.writeEndObject();
            })
        .appendString("\n")
        .appendBytes(page.records());
  }

  private static void answer(Exchange exchange, @Nullable Buffer body, @Nullable Throwable error) {
    Throwable cause = error == null ? null : Problems.unwrapped(error);
    if (cause instanceof IllegalArgumentException) {
      exchange.problem(Problem.malformed("from is not what a page told: " + cause.getMessage()));
    } else if (body == null) {
      exchange.problem(Problems.of(error));
    } else {
      exchange.answer(200, "application/octet-stream", body);
    }
  }

  private void bring(Exchange exchange) {
    if (!Query.read(exchange.head().query()).isEmpty()) {
      throw new Refused(Problem.malformed("this path takes no parameters"));
    }
    exchange.body(
        Math.max(LEAST_BODY, loop.door().config().limits().body()),
        body ->
            loop.blocking(
                exchange,
                () -> records(body.getBytes()),
                stage ->
                    stage.whenComplete(
                        (imported, error) ->
                            loop.hop()
                                .run(
                                    () ->
                                        exchange.guarded(
                                            () -> brought(exchange, imported, error))))));
  }

  private CompletionStage<Imported> records(byte[] bytes) {
    try {
      return loop.door().dispatcher().importRecords(bytes);
    } catch (IllegalArgumentException e) {
      throw new Refused(
          Problem.of(
              422, "invalid", "These are no records of an export", String.valueOf(e.getMessage())));
    }
  }

  private static void brought(
      Exchange exchange, @Nullable Imported imported, @Nullable Throwable error) {
    if (imported == null) {
      exchange.problem(Problems.of(error));
      return;
    }
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField("tasks", imported.tasks());
          json.writeNumberField("outcomes", imported.outcomes());
          json.writeNumberField("there", imported.there());
          json.writeNumberField("conflicts", imported.conflicts());
          json.writeEndObject();
        });
  }
}
