package io.dispatcher.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Map;

/** Several tasks as one JSON text. */
final class BatchJson {

  private BatchJson() {}

  static byte[] of(Call.Batch batch) {
    StringBuilder json = new StringBuilder("{\"tasks\":[");
    String comma = "";
    for (Call.Submit task : batch.tasks()) {
      json.append(comma);
      write(json, task, batch.idempotencyKey());
      comma = ",";
    }
    return json.append("]}").toString().getBytes(UTF_8);
  }

  private static void write(StringBuilder json, Call.Submit task, String batchKey) {
    json.append("{\"type\":");
    quote(json, task.type());
    json.append(",\"payloadBase64\":\"")
        .append(Base64.getEncoder().encodeToString(task.payload()))
        .append("\",\"options\":{");
    String comma = "";
    if (!task.idempotencyKey().equals(batchKey)) {
      json.append("\"idempotencyKey\":");
      quote(json, task.idempotencyKey());
      comma = ",";
    }
    for (Map.Entry<String, String> option : OptionTexts.of(task.options()).entrySet()) {
      json.append(comma);
      quote(json, option.getKey());
      json.append(':');
      quote(json, option.getValue());
      comma = ",";
    }
    json.append("}}");
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
