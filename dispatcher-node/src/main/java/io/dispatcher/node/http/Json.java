package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.dispatcher.task.Failure;
import io.dispatcher.task.PastAttempt;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskStatus;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** How the door reads and writes JSON. */
public final class Json {
  static final String CONTENT_TYPE = "application/json";

  /** Deepest nesting that is read. */
  static final int MAX_DEPTH = 200;

  private static final int MAX_NAME_CHARS = 1000;
  private static final int MAX_NUMBER_CHARS = 400;

  /** Strict: a name twice in one object is refused. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_CHARS)
                  .maxNumberLength(MAX_NUMBER_CHARS)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          // Names come from callers: interning them would keep them.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  static final JsonMapper MAPPER = new JsonMapper(FACTORY);

  static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

  private Json() {}

  /** Writes into a generator. */
  @FunctionalInterface
  public interface Writing {
    void into(JsonGenerator json) throws IOException;
  }

  public static Buffer buffer(Writing writing) {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(512)) {
      try (JsonGenerator json = MAPPER.createGenerator(bytes)) {
        writing.into(json);
      }
      return Buffer.buffer(bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(JsonGenerator json, Failure failure) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", failure.type());
    json.writeStringField("message", failure.message());
    json.writeStringField("trace", failure.trace());
    json.writeStringField("node", failure.node());
    json.writeNumberField("attempt", failure.attempt());
    json.writeEndObject();
  }

  /** A task that was just accepted. */
  static void accepted(JsonGenerator json, TaskId id) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id.text());
    json.writeStringField("state", "waiting");
    links(json, id);
    json.writeEndObject();
  }

  public static void write(JsonGenerator json, TaskStatus status) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", status.id().text());
    if (!status.type().isEmpty()) {
      json.writeStringField("type", status.type());
    }
    json.writeStringField("state", status.state().text());
    if (status.waiting() != null) {
      json.writeStringField("waiting", status.waiting().text());
    }
    if (status.why() != null) {
      json.writeStringField("why", status.why());
    }
    if (status.node() != null) {
      json.writeStringField("node", status.node());
    }
    json.writeNumberField("attempt", status.attempt());
    if (status.progress() != null) {
      json.writeStringField("progress", status.progress());
    }
    json.writeBooleanField("stale", status.stale());
    if (status.failure() != null) {
      json.writeFieldName("failure");
      write(json, status.failure());
    }
    if (status.retryOf() != null) {
      json.writeStringField("retryOf", status.retryOf().text());
    }
    if (!status.history().isEmpty()) {
      write(json, status.history());
    }
    if (status.placement() != null) {
      write(json, status.placement());
    }
    links(json, status.id());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Placement placement) throws IOException {
    json.writeObjectFieldStart("placement");
    json.writeStringField("balancer", placement.balancer());
    json.writeStringField("rule", placement.rule());
    if (placement.node() != null) {
      json.writeStringField("node", placement.node());
    }
    json.writeNumberField("attempt", placement.attempt());
    json.writeStringField("at", placement.at().toString());
    json.writeArrayFieldStart("candidates");
    for (Placement.Candidate candidate : placement.candidates()) {
      json.writeStartObject();
      json.writeStringField("node", candidate.node());
      json.writeStringField("zone", candidate.zone());
      json.writeNumberField("load", candidate.load());
      json.writeNumberField("slots", candidate.slots());
      json.writeNumberField("weight", candidate.weight());
      json.writeNumberField("sessions", candidate.sessions());
      json.writeNumberField("latencyMillis", candidate.latencyMillis());
      if (candidate.drawn()) {
        json.writeBooleanField("drawn", true);
      }
      if (candidate.excluded() != null) {
        json.writeStringField("excluded", candidate.excluded());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("omitted", placement.omitted());
    json.writeEndObject();
  }

  static void write(JsonGenerator json, List<PastAttempt> history) throws IOException {
    json.writeArrayFieldStart("history");
    for (PastAttempt past : history) {
      json.writeStartObject();
      json.writeNumberField("attempt", past.attempt());
      if (past.node() != null) {
        json.writeStringField("node", past.node());
      }
      if (past.startedAt() != null) {
        json.writeStringField("startedAt", past.startedAt().toString());
      }
      json.writeStringField("endedAt", past.endedAt().toString());
      json.writeStringField("cause", past.cause().text());
      if (!past.note().isEmpty()) {
        json.writeStringField("note", past.note());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void links(JsonGenerator json, TaskId id) throws IOException {
    String self = Route.pathOf(id);
    json.writeObjectFieldStart("links");
    json.writeStringField("self", self);
    json.writeStringField("result", self + "/result");
    json.writeStringField("cancel", self + "/cancel");
    json.writeEndObject();
  }
}
