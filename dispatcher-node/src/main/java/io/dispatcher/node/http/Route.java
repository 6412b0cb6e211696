package io.dispatcher.node.http;

import io.dispatcher.task.TaskId;
import org.jspecify.annotations.Nullable;

/** What can be asked for: a path, its methods, and whether anybody may. */
enum Route {
  PAGE("/", "GET, HEAD, OPTIONS", true),
  ASSET("/page/{file}", "GET, HEAD, OPTIONS", true),
  TASKS("/v1/tasks", "POST, OPTIONS", false),
  BATCH("/v1/tasks/batch", "POST, OPTIONS", false),
  TASK("/v1/tasks/{id}", "GET, HEAD, OPTIONS", false),
  RESULT("/v1/tasks/{id}/result", "GET, HEAD, OPTIONS", false),
  CANCEL("/v1/tasks/{id}/cancel", "POST, OPTIONS", false),
  DEAD_LETTERS("/v1/dead-letters", "GET, HEAD, OPTIONS", false),
  DEAD_LETTERS_RETRY("/v1/dead-letters/retry", "POST, OPTIONS", false),
  DEAD_LETTERS_DELETE("/v1/dead-letters/delete", "POST, OPTIONS", false),
  DEAD_LETTER("/v1/dead-letters/{id}", "GET, HEAD, OPTIONS", false),
  DEAD_LETTER_RETRY("/v1/dead-letters/{id}/retry", "POST, OPTIONS", false),
  DEAD_LETTER_DELETE("/v1/dead-letters/{id}/delete", "POST, OPTIONS", false),
  NODES("/v1/nodes", "GET, HEAD, OPTIONS", false),
  DRAIN("/v1/nodes/{name}/drain", "POST, OPTIONS", false),
  EXPORT("/v1/ledger/export", "GET, HEAD, OPTIONS", false),
  IMPORT("/v1/ledger/import", "POST, OPTIONS", false),
  TYPES("/v1/types", "GET, HEAD, OPTIONS", false),
  STATS("/v1/stats", "GET, HEAD, OPTIONS", false),
  OPENAPI("/v1/openapi.json", "GET, HEAD, OPTIONS", true),
  METRICS("/metrics", "GET, HEAD, OPTIONS", false),
  LIVE("/health/live", "GET, HEAD, OPTIONS", true),
  READY("/health/ready", "GET, HEAD, OPTIONS", true),
  /** No path of ours, or no request at all. */
  UNKNOWN("unknown", "", false);

  private static final String TASK_PREFIX = "/v1/tasks/";
  private static final String LETTER_PREFIX = "/v1/dead-letters/";
  private static final String ASSET_PREFIX = "/page/";
  private static final String NODE_PREFIX = "/v1/nodes/";
  private static final String DRAIN_SUFFIX = "/drain";

  private final String template;
  private final String allow;
  private final boolean open;

  Route(String template, String allow, boolean open) {
    this.template = template;
    this.allow = allow;
    this.open = open;
  }

  /** The path with names for its variable parts; one of few, so fit for a label. */
  String template() {
    return template;
  }

  /** The methods, as {@code Allow} has them. */
  String allow() {
    return allow;
  }

  /** Whether it is answered without a token: it tells nothing about tasks. */
  boolean open() {
    return open;
  }

  boolean takes(String method) {
    return switch (method) {
      case "GET", "HEAD" -> allow.startsWith("GET");
      case "POST" -> allow.startsWith("POST");
      case "OPTIONS" -> true;
      default -> false;
    };
  }

  static String pathOf(TaskId id) {
    return TASK_PREFIX + id.text();
  }

  /** A path that was understood: the route and its variable part. */
  record Match(Route route, String part) {}

  private static final Match TO_TASKS = new Match(TASKS, "");
  private static final Match TO_BATCH = new Match(BATCH, "");

  /**
   * Finds the route of a path, byte for byte: no part of ours needs an escape, so a path with one
   * is not ours, and there is nothing to normalise.
   */
  static @Nullable Match find(String path) {
    if (path.equals("/v1/tasks")) {
      return TO_TASKS;
    }
    if (path.startsWith(TASK_PREFIX)) {
      return path.equals("/v1/tasks/batch")
          ? TO_BATCH
          : ofTask(path.substring(TASK_PREFIX.length()));
    }
    if (path.startsWith(LETTER_PREFIX)) {
      return ofLetter(path.substring(LETTER_PREFIX.length()));
    }
    if (path.startsWith(ASSET_PREFIX) && path.length() > ASSET_PREFIX.length()) {
      return new Match(ASSET, path.substring(ASSET_PREFIX.length()));
    }
    if (path.startsWith(NODE_PREFIX) && path.endsWith(DRAIN_SUFFIX)) {
      int end = path.length() - DRAIN_SUFFIX.length();
      String name = end > NODE_PREFIX.length() ? path.substring(NODE_PREFIX.length(), end) : "";
      return name.isEmpty() || name.indexOf('/') >= 0 ? null : new Match(DRAIN, name);
    }
    return switch (path) {
      case "/" -> new Match(PAGE, "");
      case "/v1/dead-letters" -> new Match(DEAD_LETTERS, "");
      case "/v1/nodes" -> new Match(NODES, "");
      case "/v1/ledger/export" -> new Match(EXPORT, "");
      case "/v1/ledger/import" -> new Match(IMPORT, "");
      case "/v1/types" -> new Match(TYPES, "");
      case "/v1/stats" -> new Match(STATS, "");
      case "/v1/openapi.json" -> new Match(OPENAPI, "");
      case "/metrics" -> new Match(METRICS, "");
      case "/health/live" -> new Match(LIVE, "");
      case "/health/ready" -> new Match(READY, "");
      default -> null;
    };
  }

  private static @Nullable Match ofLetter(String rest) {
    int slash = rest.indexOf('/');
    String id = slash < 0 ? rest : rest.substring(0, slash);
    if (id.isEmpty()) {
      return null;
    }
    return switch (slash < 0 ? "" : rest.substring(slash)) {
      case "" ->
          switch (id) {
            // No task has these for its id: one begins with the mark of its form.
            case "retry" -> new Match(DEAD_LETTERS_RETRY, "");
            case "delete" -> new Match(DEAD_LETTERS_DELETE, "");
            default -> new Match(DEAD_LETTER, id);
          };
      case "/retry" -> new Match(DEAD_LETTER_RETRY, id);
      case "/delete" -> new Match(DEAD_LETTER_DELETE, id);
      default -> null;
    };
  }

  private static @Nullable Match ofTask(String rest) {
    int slash = rest.indexOf('/');
    String id = slash < 0 ? rest : rest.substring(0, slash);
    if (id.isEmpty()) {
      return null;
    }
    return switch (slash < 0 ? "" : rest.substring(slash)) {
      case "" -> new Match(TASK, id);
      case "/result" -> new Match(RESULT, id);
      case "/cancel" -> new Match(CANCEL, id);
      default -> null;
    };
  }
}
