package io.dispatcher.node.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dispatcher.ClusterView;
import io.dispatcher.Readiness;
import io.dispatcher.Stats;
import io.dispatcher.task.DispatcherException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The calls about the cluster, and the static files. Confined to its loop. */
final class ClusterCalls {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final CharSequence ETAG = HttpHeaders.createOptimized("etag");
  private static final CharSequence POLICY = HttpHeaders.createOptimized("content-security-policy");
  private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
  private static final CharSequence REFERRER = HttpHeaders.createOptimized("referrer-policy");
  private static final CharSequence NO_REFERRER = HttpHeaders.createOptimized("no-referrer");
  private static final CharSequence FRAMES = HttpHeaders.createOptimized("x-frame-options");
  private static final CharSequence DENY = HttpHeaders.createOptimized("DENY");

  private final DoorLoop loop;

  ClusterCalls(DoorLoop loop) {
    this.loop = loop;
  }

  void handle(Exchange exchange, Route.Match match) {
    if (match.route() == Route.DRAIN) {
      drain(exchange, match.part());
      return;
    }
    if (match.route() != Route.PAGE && match.route() != Route.ASSET) {
      refuseParameters(exchange);
    }
    switch (match.route()) {
      case PAGE -> file(exchange, loop.door().pages()::root);
      case ASSET -> file(exchange, () -> loop.door().pages().asset(match.part()));
      case OPENAPI -> file(exchange, loop.door().pages()::openapi);
      case NODES -> view(exchange, (json, view) -> json.writePOJOField("nodes", view.nodes()));
      case TYPES -> view(exchange, (json, view) -> json.writePOJOField("types", view.types()));
      case STATS -> view(exchange, this::stats);
      case METRICS -> metrics(exchange);
      case LIVE -> live(exchange);
      default -> ready(exchange);
    }
  }

  private static void refuseParameters(Exchange exchange) {
    Map<String, String> query = Query.read(exchange.head().query());
    if (!query.isEmpty()) {
      throw new Refused(Problem.malformed("this path takes no parameters"));
    }
  }

  // ---------------------------------------------------------------- cluster

  /** What an answer tells of a view. */
  private interface Telling {
    void into(JsonGenerator json, ClusterView view) throws IOException;
  }

  private void view(Exchange exchange, Telling telling) {
    exchange.limit(
        PATIENCE,
        () ->
            exchange.problem(
                Problem.of(
                        503,
                        "unavailable",
                        "Not possible here now",
                        "no view of the cluster in time")
                    .retryAfter(Duration.ofSeconds(1))));
    view()
        .whenComplete(
            (view, error) -> {
              // A large cluster's JSON is made here, on the thread that brings the view.
              Buffer body = view == null ? null : body(view, telling);
              loop.hop()
                  .run(
                      () -> {
                        if (body == null) {
                          exchange.problem(Problems.of(error));
                        } else {
                          exchange.answer(200, Json.CONTENT_TYPE, body);
                        }
                      });
            });
  }

  private CompletionStage<ClusterView> view() {
    try {
      return loop.door().dispatcher().view();
    } catch (DispatcherException e) {
      // A node without the role front has none, but figures of its own.
      return CompletableFuture.failedStage(e);
    }
  }

  private static Buffer body(ClusterView view, Telling telling) {
    return Json.buffer(
        json -> {
          json.writeStartObject();
          json.writeStringField("seenBy", view.seenBy());
          json.writeBooleanField("complete", view.complete());
          telling.into(json, view);
          json.writeEndObject();
        });
  }

  private void stats(JsonGenerator json, ClusterView view) throws IOException {
    json.writePOJOField("nodes", view.nodes());
    json.writePOJOField("types", view.types());
    json.writePOJOField("faults", view.faults());
    json.writePOJOField("failures", view.failures());
    Stats stats = loop.door().dispatcher().stats();
    Map<String, Object> node = Json.MAPPER.convertValue(stats, Json.OBJECT);
    node.put("refused", refused(stats));
    json.writePOJOField("node", node);
  }

  private static Map<String, Long> refused(Stats stats) {
    Map<String, Long> byReason = new TreeMap<>();
    stats.refused().forEach((reason, count) -> byReason.put(Metrics.text(reason), count));
    return byReason;
  }

  private void metrics(Exchange exchange) {
    exchange.limit(
        PATIENCE, () -> exchange.answer(503, "text/plain; charset=utf-8", Buffer.buffer()));
    view()
        .whenComplete(
            (view, error) -> {
              // Without a view the node's own figures are still good.
              Buffer body = Buffer.buffer(loop.door().metrics().scrape(view));
              loop.hop().run(() -> exchange.answer(200, Metrics.CONTENT_TYPE, body));
            });
  }

  private void drain(Exchange exchange, String node) {
    Map<String, String> query = Query.read(exchange.head().query());
    String stay = query.getOrDefault("stay", "false");
    boolean known = query.isEmpty() || query.keySet().equals(Set.of("stay"));
    if (!known || !(stay.equals("true") || stay.equals("false"))) {
      throw new Refused(
          Problem.malformed("this path takes the parameter stay, true or false, and no other"));
    }
    exchange.limit(
        PATIENCE,
        () -> exchange.problem(Problems.of(new DispatcherException("the node has no time now"))));
    loop.door()
        .dispatcher()
        .drainNode(node, stay.equals("true"))
        .whenComplete(
            (asked, error) ->
                loop.hop()
                    .run(
                        () ->
                            exchange.guarded(
                                () -> {
                                  if (error != null) {
                                    exchange.problem(Problems.of(error));
                                  } else {
                                    drained(exchange, node, asked);
                                  }
                                })));
  }

  private static void drained(Exchange exchange, String node, boolean asked) {
    if (!asked) {
      exchange.problem(
          Problem.of(
              404,
              "unknown-node",
              "No such node",
              "no node " + Quote.of(node) + " is in the cluster; /v1/nodes has their names"));
      return;
    }
    exchange.json(
        202,
        json -> {
          json.writeStartObject();
          json.writeStringField("node", node);
          json.writeStringField("state", "draining");
          json.writeEndObject();
        });
  }

  // ---------------------------------------------------------------- health

  private void live(Exchange exchange) {
    exchange.json(
        200,
        json -> {
          json.writeStartObject();
          json.writeBooleanField("live", true);
          json.writeStringField("node", loop.door().dispatcher().node());
          json.writeEndObject();
        });
  }

  private void ready(Exchange exchange) {
    Readiness readiness =
        loop.door().intakeStopped()
            ? new Readiness(false, "draining: no new tasks are taken")
            : loop.door().dispatcher().readiness();
    Stats stats = loop.door().dispatcher().stats();
    exchange.json(
        readiness.ready() ? 200 : 503,
        json -> {
          json.writeStartObject();
          json.writeBooleanField("ready", readiness.ready());
          json.writeStringField("reason", readiness.reason());
          json.writeNumberField("lostTasks", stats.lost());
          json.writeNumberField("recreatedTasks", stats.recreated());
          json.writeNumberField("ledgerLosses", stats.ledgerLosses());
          json.writeNumberField("rejoined", stats.rejoined());
          json.writeNumberField("thawed", stats.thawed());
          json.writeNumberField("era", stats.era());
          json.writeNumberField("lostMajorities", stats.lostMajorities());
          json.writeNumberField("quickRestarts", stats.quickRestarts());
          json.writeEndObject();
        });
  }

  // ---------------------------------------------------------------- files

  private interface Source {
    Pages.@Nullable Page get();
  }

  private void file(Exchange exchange, Source source) {
    exchange.limit(PATIENCE, () -> {});
    loop.blocking(
        exchange,
        source::get,
        page -> {
          if (page == null) {
            throw new Refused(
                Problem.of(404, "unknown-path", "Nothing there", "this node has no such page"));
          }
          exchange.header(ETAG, page.tag());
          exchange.header(HttpHeaders.CACHE_CONTROL, NO_CACHE);
          exchange.header(POLICY, page.policy());
          exchange.header(REFERRER, NO_REFERRER);
          exchange.header(FRAMES, DENY);
          boolean same = matches(exchange.head().ifNoneMatch(), page.tag());
          exchange.answer(same ? 304 : 200, page.contentType(), Buffer.buffer(page.bytes()));
        });
  }

  private static boolean matches(@Nullable String ifNoneMatch, String tag) {
    if (ifNoneMatch == null) {
      return false;
    }
    for (String one : ifNoneMatch.split(",", -1)) {
      String sent = one.strip();
      if (sent.equals("*") || sent.equals(tag) || sent.equals("W/" + tag)) {
        return true;
      }
    }
    return false;
  }
}
