package io.dispatcher.node.config;

import io.dispatcher.node.config.Keys.Fixed;
import io.dispatcher.node.config.Keys.Free;
import io.dispatcher.node.config.Keys.Leaf;
import io.dispatcher.node.config.Keys.Named;
import java.util.LinkedHashMap;
import java.util.Map;

/** Every key there is. What is not here is refused, with the nearest that is. */
final class AllKeys {

  /** The whole configuration. */
  static final Fixed ROOT =
      leaves("balancer", "weights", "slowStart")
          .with("node", leaves("name", "roles", "zone", "labels", "weight", "jars", "drain"))
          .with(
              "cluster",
              leaves("name", "bind", "port", "linkPort", "members", "size", "detection")
                  .with("tls", leaves("key", "certificate", "trust"))
                  .with("properties", new Free()))
          .with(
              "http",
              leaves("bind", "port", "token")
                  .with("tls", leaves("key", "certificate"))
                  .with(
                      "limits",
                      leaves("body", "headers", "batch", "connections", "idle", "request", "wait")))
          .with("bus", leaves("port", "token", "body"))
          .with("limits", leaves("unfinished", "waiting", "payload", "outcomes"))
          .with("pools", new Named(leaves("slots", "threads")))
          .with(
              "handlers",
              new Named(
                  leaves("command", "http", "builtin", "pool", "timeLimit", "directory")
                      .with("environment", new Free())
                      .with("headers", new Free())))
          .with(
              "types",
              new Named(
                  leaves(
                          "balancer",
                          "retries",
                          "timeLimit",
                          "deadline",
                          "priority",
                          "retention",
                          "requires",
                          "admission")
                      .with("backoff", leaves("initial", "factor", "cap", "jitter"))))
          .with("logging", leaves("format", "level").with("levels", new Free()));

  private static Fixed leaves(String... names) {
    Map<String, Keys> keys = new LinkedHashMap<>();
    for (String name : names) {
      keys.put(name, new Leaf());
    }
    return new Fixed(keys);
  }

  private AllKeys() {}
}
