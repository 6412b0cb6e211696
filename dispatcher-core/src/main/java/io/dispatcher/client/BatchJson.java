package io.dispatcher.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Set;

/** Several tasks as one JSON text. */
final class BatchJson {
  private static final Set<String> NUMBERS = Set.of("retries", "priority");

  private BatchJson() {}

  static byte[] of(Call.Batch batch) {
    StringBuilder json = new StringBuilder("[");
    for (int i = 0; i < batch.tasks().size(); i++) {
      json.append(i == 0 ? "" : ",");
      write(json, batch.tasks().get(i), batch.itemKey(i));
    }
    return json.append("]").toString().getBytes(UTF_8);
  }

  private static void write(StringBuilder json, Call.Submit task, String itemKey) {
    json.append("{\"type\":");
    quote(json, task.type());
    json.append(",\"payloadBase64\":\"")
        .append(Base64.getEncoder().encodeToString(task.payload()))
        .append('"');
    if (!task.idempotencyKey().equals(itemKey)) {
      json.append(",\"idempotencyKey\":");
      quote(json, task.idempotencyKey());
    }
    OptionTexts.of(task.options())
        .forEach(
            (name, value) -> {
              json.append(',');
              quote(json, name);
              json.append(':');
              if (NUMBERS.contains(name)) {
                json.append(value);
              } else {
                quote(json, value);
              }
            });
    json.append('}');
  }

  static void quote(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append(String.format("\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
