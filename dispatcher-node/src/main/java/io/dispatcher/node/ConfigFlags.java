package io.dispatcher.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that stand over the configuration; the common ones have names of their own. */
final class ConfigFlags {

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "any key of the configuration, such as http.port=9000; may be repeated")
  private List<String> set = new ArrayList<>();

  @Option(names = "--name", paramLabel = "NAME", description = "node.name")
  private @Nullable String name;

  @Option(names = "--roles", paramLabel = "ROLES", description = "node.roles, such as store,worker")
  private @Nullable String roles;

  @Option(names = "--cluster", paramLabel = "NAME", description = "cluster.name")
  private @Nullable String cluster;

  @Option(names = "--bind", paramLabel = "ADDRESS", description = "cluster.bind")
  private @Nullable String bind;

  @Option(names = "--members", paramLabel = "HOSTS", description = "cluster.members, such as a,b,c")
  private @Nullable String members;

  @Option(names = "--http-port", paramLabel = "PORT", description = "http.port; 0: any free one")
  private @Nullable String httpPort;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = "logging.format, text or json")
  private @Nullable String logFormat;

  @Option(names = "--log-level", paramLabel = "LEVEL", description = "logging.level, such as debug")
  private @Nullable String logLevel;

  /** All of them as {@code key=value}; those with a name of their own stand over {@code --set}. */
  List<String> settings() {
    List<String> settings = new ArrayList<>(set);
    Map<String, @Nullable String> named = new TreeMap<>();
    named.put("node.name", name);
    named.put("node.roles", roles);
    named.put("cluster.name", cluster);
    named.put("cluster.bind", bind);
    named.put("cluster.members", members);
    named.put("http.port", httpPort);
    named.put("logging.format", logFormat);
    named.put("logging.level", logLevel);
    named.forEach(
        (key, value) -> {
          if (value != null) {
            settings.add(key + "=" + value);
          }
        });
    return settings;
  }
}
