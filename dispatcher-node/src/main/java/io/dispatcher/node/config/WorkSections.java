package io.dispatcher.node.config;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.Codec;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the sections that say what runs, and how. */
final class WorkSections {

  private static final Set<String> BUILT_IN = new TreeSet<>(Set.of("echo", "sleep", "digest"));
  private static final List<String> KINDS = List.of("command", "http", "builtin");

  private WorkSections() {}

  static Map<String, HandlerConfig> handlers(Fields root, Set<String> pools) {
    Map<String, HandlerConfig> handlers = new LinkedHashMap<>();
    Fields section = root.section("handlers");
    for (String type : section.keys()) {
      checkName(section, type);
      HandlerConfig handler =
          section.off(type) ? off(section, type) : handler(section, type, pools);
      if (handler != null) {
        handlers.put(type, handler);
      }
    }
    return handlers;
  }

  private static HandlerConfig off(Fields section, String type) {
    if (!BUILT_IN.contains(type)) {
      section.fault(type, "only " + String.join(", ", BUILT_IN) + " can be off; leave it out");
    }
    return new HandlerConfig.Off();
  }

  private static void checkName(Fields section, String type) {
    try {
      TaskType.of(type, Codec.bytes(), Codec.bytes());
    } catch (IllegalArgumentException e) {
      section.fault(type, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable HandlerConfig handler(Fields section, String type, Set<String> pools) {
    Fields fields = section.section(type);
    List<String> kinds = KINDS.stream().filter(fields::has).toList();
    if (kinds.size() != 1) {
      section.fault(
          type,
          "expected one of command, http, builtin, found "
              + (kinds.isEmpty() ? "none" : String.join(" and ", kinds)));
      return null;
    }
    HandlerOptions options = options(fields, pools);
    return switch (kinds.get(0)) {
      case "command" -> command(fields, options);
      case "http" -> http(fields, options);
      default -> builtIn(fields, options);
    };
  }

  private static HandlerOptions options(Fields fields, Set<String> pools) {
    HandlerOptions options = HandlerOptions.DEFAULT;
    String pool = fields.text("pool");
    if (pool != null) {
      if (pools.contains(pool)) {
        options = options.pool(pool);
      } else {
        fields.fault(
            "pool",
            "there is no pool "
                + Faults.quote(pool)
                + "; pools has "
                + String.join(", ", new TreeSet<>(pools)));
      }
    }
    Duration limit = fields.optional("timeLimit", Quantity::duration);
    if (limit != null) {
      HandlerOptions before = options;
      HandlerOptions limited = fields.checked(() -> before.timeLimit(limit));
      options = limited == null ? options : limited;
    }
    return options;
  }

  private static HandlerConfig command(Fields fields, HandlerOptions options) {
    only(fields, "headers", "http");
    List<String> argv = fields.items("command");
    if (argv.isEmpty() || argv.get(0).isBlank()) {
      fields.fault(
          "command", "expected a program and its arguments, such as [convert, -, png:-]; no shell");
    }
    String directory = fields.text("directory");
    Map<String, String> environment = fields.map("environment");
    for (String name : environment.keySet()) {
      if (name.isEmpty() || name.indexOf('=') >= 0) {
        fields.fault("environment", "expected a name without '=', found " + Faults.quote(name));
      }
    }
    return new HandlerConfig.Command(
        argv, directory == null ? null : Path.of(directory), environment, options);
  }

  private static HandlerConfig http(Fields fields, HandlerOptions options) {
    only(fields, "environment", "command");
    only(fields, "directory", "command");
    URI url = fields.value("http", URI.create("http://127.0.0.1"), WorkSections::url);
    return new HandlerConfig.Http(url, fields.map("headers"), options);
  }

  private static URI url(String text) {
    try {
      URI url = new URI(text);
      boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (web && url.getHost() != null && url.getFragment() == null) {
        if (url.getUserInfo() != null) {
          throw new IllegalArgumentException(
              "has a user or password in it; send them with headers: {Authorization: …}");
        }
        return url;
      }
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          "expected a URL such as http://localhost:9000/work, found "
              + Faults.quote(text)
              + ": "
              + e.getReason(),
          e);
    }
    throw new IllegalArgumentException(
        "expected a URL such as http://localhost:9000/work, found " + Faults.quote(text));
  }

  private static HandlerConfig builtIn(Fields fields, HandlerOptions options) {
    Stream.of("environment", "directory").forEach(key -> only(fields, key, "command"));
    only(fields, "headers", "http");
    String name =
        fields.value(
            "builtin",
            "echo",
            text -> {
              if (!BUILT_IN.contains(text)) {
                throw new IllegalArgumentException(
                    "expected one of "
                        + String.join(", ", BUILT_IN)
                        + ", found "
                        + Faults.quote(text));
              }
              return text;
            });
    return new HandlerConfig.BuiltIn(name, options);
  }

  private static void only(Fields fields, String key, String kind) {
    if (fields.has(key)) {
      fields.fault(key, "is only for handlers with " + kind);
    }
  }

  static Map<String, TypeConfig> types(Fields root) {
    Map<String, TypeConfig> types = new LinkedHashMap<>();
    Fields section = root.section("types");
    for (String type : section.keys()) {
      checkName(section, type);
      Fields fields = section.section(type);
      TaskOptions options = taskOptions(fields);
      types.put(
          type,
          new TypeConfig(fields.text("balancer"), options == null ? TaskOptions.NONE : options));
    }
    return types;
  }

  private static @Nullable TaskOptions taskOptions(Fields fields) {
    Integer retries = fields.optional("retries", WorkSections::integer);
    Backoff backoff = backoff(fields);
    Duration timeLimit = fields.optional("timeLimit", Quantity::duration);
    Duration deadline = fields.optional("deadline", Quantity::duration);
    Integer priority = fields.optional("priority", WorkSections::integer);
    Duration retention = fields.optional("retention", Quantity::duration);
    Duration admission = fields.optional("admission", Quantity::duration);
    Set<String> requires = fields.has("requires") ? new TreeSet<>(fields.list("requires")) : null;
    return fields.checked(
        () ->
            new TaskOptions(
                null, null, retries, backoff, timeLimit, deadline, null, priority, retention,
                admission, requires, null));
  }

  private static Integer integer(String text) {
    return number(text, "a number such as 3", Integer::valueOf);
  }

  private static <T> T number(String text, String expected, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "expected " + expected + ", found " + Faults.quote(text), e);
    }
  }

  /** The time of every wait, or {@code {initial: 500ms, factor: 4, cap: 1m, jitter: 0.25}}. */
  private static @Nullable Backoff backoff(Fields fields) {
    if (!fields.has("backoff")) {
      return null;
    }
    if (!fields.table("backoff")) {
      Duration wait = fields.optional("backoff", Quantity::duration);
      return wait == null ? null : fields.checked(() -> Backoff.fixed(wait));
    }
    Fields backoff = fields.section("backoff");
    Backoff preset = Backoff.DEFAULT;
    Duration initial = backoff.value("initial", preset.initial(), Quantity::duration);
    double factor = backoff.value("factor", preset.factor(), WorkSections::decimal);
    Duration cap = backoff.value("cap", preset.cap(), Quantity::duration);
    double jitter = backoff.value("jitter", preset.jitter(), WorkSections::decimal);
    return fields.checked(() -> new Backoff(initial, factor, cap, jitter));
  }

  private static double decimal(String text) {
    return number(text, "a number such as 0.5", Double::valueOf);
  }
}
