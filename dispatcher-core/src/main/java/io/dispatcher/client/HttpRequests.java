package io.dispatcher.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.task.TaskId;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.StringJoiner;

/** Calls as HTTP has them. */
final class HttpRequests {

  private HttpRequests() {}

  /** The call as a request to this front. */
  static HttpRequest.Builder of(URI front, Call call) {
    if (call instanceof Call.Submit submit) {
      HttpRequest.Builder request = at(front, "?" + query(submit));
      if (fitsAHeader(submit.idempotencyKey())) {
        withKey(request, submit.idempotencyKey());
      }
      return request
          .header("Content-Type", "application/octet-stream")
          .POST(BodyPublishers.ofByteArray(submit.payload()));
    } else if (call instanceof Call.Batch batch) {
      return withKey(at(front, "/batch"), batch.idempotencyKey())
          .header("Content-Type", "application/json")
          .POST(BodyPublishers.ofByteArray(BatchJson.of(batch)));
    } else if (call instanceof Call.Result result) {
      return at(
              front, "/" + text(result.id()) + "/result?wait=" + result.allowed().toMillis() + "ms")
          .GET();
    } else if (call instanceof Call.Find find) {
      return at(front, "/" + text(find.id())).GET();
    } else if (call instanceof Call.View view) {
      return HttpRequest.newBuilder(URI.create(front + view.path())).GET();
    } else if (call instanceof Call.Drain drain) {
      String stay = drain.stay() ? "?stay=true" : "";
      return HttpRequest.newBuilder(
              URI.create(front + "/v1/nodes/" + encoded(drain.node()) + "/drain" + stay))
          .POST(BodyPublishers.noBody());
    } else if (call instanceof Call.Export export) {
      return HttpRequest.newBuilder(
              URI.create(front + "/v1/ledger/export?from=" + encoded(export.from())))
          .GET();
    } else if (call instanceof Call.Import bring) {
      return HttpRequest.newBuilder(URI.create(front + "/v1/ledger/import"))
          .header("Content-Type", "application/octet-stream")
          .POST(BodyPublishers.ofByteArray(bring.records()));
    } else if (call instanceof Call.Act act) {
      return HttpRequest.newBuilder(URI.create(front + act.path())).POST(BodyPublishers.noBody());
    } else if (call instanceof Call.Cancel cancel) {
      return at(front, "/" + text(cancel.id()) + "/cancel").POST(BodyPublishers.noBody());
    }
    throw new IllegalArgumentException("no call: " + call);
  }

  private static String text(TaskId id) {
    return id.text();
  }

  private static HttpRequest.Builder at(URI front, String rest) {
    return HttpRequest.newBuilder(URI.create(front + "/v1/tasks" + rest));
  }

  private static HttpRequest.Builder withKey(HttpRequest.Builder request, String key) {
    return request.header("Idempotency-Key", quoted(key));
  }

  private static String quoted(String key) {
    return '"' + key.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static boolean fitsAHeader(String key) {
    return key.chars().allMatch(c -> c >= ' ' && c < 0x7f);
  }

  private static String query(Call.Submit submit) {
    StringJoiner query = new StringJoiner("&");
    query.add("type=" + encoded(submit.type()));
    OptionTexts.of(submit.options())
        .forEach((name, value) -> query.add(name + "=" + encoded(value)));
    if (!fitsAHeader(submit.idempotencyKey())) {
      query.add("idempotencyKey=" + encoded(submit.idempotencyKey()));
    }
    return query.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }
}
