package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.DeadLetters.Bulk;
import io.dispatcher.task.DeadLetters.Filter;
import io.dispatcher.task.DeadLetters.Page;
import io.dispatcher.task.DeadLetters.Query;
import io.dispatcher.task.TaskId;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The calls about dead letters. Confined to its loop. */
final class DeadLetterCalls {
  private static final Duration PATIENCE = Duration.ofSeconds(25);
  private static final int MAX_BODY = 4 << 10;
  private static final int DEFAULT_LIMIT = 100;
  private static final List<String> FILTERS = List.of("type", "error", "olderThan", "youngerThan");

  private final DoorLoop loop;

  DeadLetterCalls(DoorLoop loop) {
    this.loop = loop;
  }

  private DeadLetters letters() {
    return loop.door().dispatcher().deadLetters();
  }

  void handle(Exchange exchange, Route.Match match) {
    try {
      route(exchange, match);
    } catch (IllegalArgumentException outOfRange) {
      throw new Refused(Problem.invalid(String.valueOf(outOfRange.getMessage())));
    }
  }

  private void route(Exchange exchange, Route.Match match) {
    Map<String, String> query =
        new LinkedHashMap<>(io.dispatcher.node.http.Query.read(exchange.head().query()));
    switch (match.route()) {
      case DEAD_LETTERS -> list(exchange, query);
      case DEAD_LETTER -> {
        none(query);
        TaskId id = id(match);
        answer(
            exchange,
            letters().find(id),
            found ->
                found.ifPresentOrElse(
                    letter -> exchange.json(200, json -> write(json, letter, true)),
                    () -> exchange.problem(unknown(id))));
      }
      default -> act(exchange, match, query);
    }
  }

  private void act(Exchange exchange, Route.Match match, Map<String, String> query) {
    // What is wrong with the parameters is told before a body is waited for.
    Filter filter = match.part().isEmpty() ? meant(query) : Filter.ALL;
    TaskId id = match.part().isEmpty() ? null : id(match);
    none(query);
    exchange.body(
        MAX_BODY,
        body -> {
          boolean retry =
              match.route() == Route.DEAD_LETTER_RETRY || match.route() == Route.DEAD_LETTERS_RETRY;
          if (id == null) {
            answer(
                exchange,
                retry ? letters().retryAll(filter) : letters().deleteAll(filter),
                bulk -> exchange.json(200, json -> write(json, bulk)));
          } else if (retry) {
            retry(exchange, id);
          } else {
            answer(exchange, letters().delete(id), done -> deleted(exchange, id, done));
          }
        });
  }

  private void retry(Exchange exchange, TaskId id) {
    answer(
        exchange,
        letters().retry(id),
        retried -> {
          if (retried.isEmpty()) {
            exchange.problem(unknown(id));
            return;
          }
          TaskId task = retried.get();
          exchange.header(HttpHeaders.LOCATION, Route.pathOf(task));
          exchange.json(202, json -> Json.accepted(json, task));
        });
  }

  private static void deleted(Exchange exchange, TaskId id, boolean done) {
    if (done) {
      exchange.json(200, json -> write(json, new Bulk(1, 0, 0, true)));
    } else {
      exchange.problem(unknown(id));
    }
  }

  private static Problem unknown(TaskId id) {
    return Problem.of(
        404,
        "unknown-task",
        "No such dead letter",
        "there is no dead letter of task "
            + id
            + ": it has not failed, or it was retried, deleted or is past its time");
  }

  // ---------------------------------------------------------------- list

  private void list(Exchange exchange, Map<String, String> query) {
    Filter filter = filter(query);
    String limit = query.remove("limit");
    String cursor = query.remove("cursor");
    none(query);
    Query wanted = new Query(filter, limit == null ? DEFAULT_LIMIT : number(limit), cursor);
    answer(exchange, letters().list(wanted), page -> exchange.json(200, json -> write(json, page)));
  }

  private static int number(String limit) {
    try {
      return Integer.parseInt(limit);
    } catch (NumberFormatException e) {
      throw new Refused(
          Problem.invalid(
              "limit is "
                  + Quote.of(limit)
                  + ", but must be a whole number from 1 to "
                  + DeadLetters.MAX_PAGE));
    }
  }

  private static Filter filter(Map<String, String> query) {
    return new Filter(
        query.remove("type"),
        query.remove("error"),
        duration("olderThan", query.remove("olderThan")),
        duration("youngerThan", query.remove("youngerThan")));
  }

  private static @Nullable Duration duration(String name, @Nullable String text) {
    return text == null ? null : Durations.parse(name, text);
  }

  /** A call for many says which, or that it means all of them. */
  private static Filter meant(Map<String, String> query) {
    boolean all = "true".equals(query.remove("all"));
    if (!all && FILTERS.stream().noneMatch(query::containsKey)) {
      throw new Refused(
          Problem.invalid(
              "say which dead letters are meant: set "
                  + String.join(", ", FILTERS)
                  + ", or all=true"));
    }
    return filter(query);
  }

  private static void none(Map<String, String> left) {
    if (!left.isEmpty()) {
      throw new Refused(
          Problem.malformed(
              "this path has no parameter " + Quote.of(left.keySet().iterator().next())));
    }
  }

  private static TaskId id(Route.Match match) {
    try {
      return TaskId.of(match.part());
    } catch (IllegalArgumentException e) {
      throw new Refused(Problems.unknownTask(match.part()));
    }
  }

  private <T> void answer(Exchange exchange, CompletionStage<T> stage, Consumer<T> then) {
    exchange.limit(
        PATIENCE,
        () ->
            exchange.problem(
                Problem.of(503, "unavailable", "Not possible here now", "no answer in time")
                    .retryAfter(Duration.ofSeconds(1))));
    stage.whenComplete(
        (value, error) ->
            loop.hop()
                .run(
                    () ->
                        exchange.guarded(
                            () -> {
                              if (error == null) {
                                then.accept(value);
                              } else {
                                exchange.problem(Problems.of(error));
                              }
                            })));
  }

  // ---------------------------------------------------------------- JSON

  private static void write(JsonGenerator json, Page page) throws IOException {
    json.writeStartObject();
    json.writeNumberField("total", page.total());
    json.writeBooleanField("complete", page.complete());
    if (page.next() != null) {
      json.writeStringField("next", page.next());
    }
    json.writeArrayFieldStart("letters");
    for (DeadLetter letter : page.letters()) {
      write(json, letter, false);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Bulk bulk) throws IOException {
    json.writeStartObject();
    json.writeNumberField("done", bulk.done());
    json.writeNumberField("refused", bulk.refused());
    json.writeNumberField("more", bulk.more());
    json.writeBooleanField("complete", bulk.complete());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, DeadLetter letter, boolean whole)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", letter.id().text());
    json.writeStringField("type", letter.type());
    if (letter.key() != null) {
      json.writeStringField("key", letter.key());
    }
    json.writeStringField("failedAt", letter.failedAt().toString());
    json.writeStringField("expiresAt", letter.expiresAt().toString());
    json.writeNumberField("attempts", letter.attempts());
    json.writeNumberField("payloadBytes", letter.payloadBytes());
    json.writeFieldName("failure");
    Json.write(json, letter.failure());
    if (whole) {
      Json.write(json, letter.history());
      payload(json, letter.payload());
    }
    json.writeEndObject();
  }

  /** As text if it is text. */
  private static void payload(JsonGenerator json, byte @Nullable [] payload) throws IOException {
    if (payload == null) {
      return;
    }
    try {
      json.writeStringField(
          "payload",
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString());
    } catch (CharacterCodingException notText) {
      json.writeBinaryField("payloadBase64", payload);
    }
  }
}
