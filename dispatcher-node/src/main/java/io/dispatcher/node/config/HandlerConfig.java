package io.dispatcher.node.config;

import io.dispatcher.task.HandlerOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An entry of {@code handlers}: what runs the tasks of one type. */
public sealed interface HandlerConfig {

  /** Pool and time limit. */
  HandlerOptions options();

  /**
   * Runs a program: the payload on its stdin, the result from its stdout.
   *
   * @param argv program and arguments; no shell takes part
   * @param directory to run it in; null: that of the node
   * @param environment set for it, beside the node's own
   */
  record Command(
      List<String> argv,
      @Nullable Path directory,
      Map<String, String> environment,
      HandlerOptions options)
      implements HandlerConfig {

    /** Copies list and map. */
    public Command {
      argv = List.copyOf(argv);
      environment = Map.copyOf(environment);
    }
  }

  /**
   * Posts the payload to a service and takes the body of its answer as the result.
   *
   * @param headers sent with each request, beside those that tell the task
   */
  record Http(URI url, Map<String, String> headers, HandlerOptions options)
      implements HandlerConfig {

    /** Copies the map, which keeps its order. */
    public Http {
      headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }

    /** Without the headers' values, which may be secret. */
    @Override
    public String toString() {
      return "Http[url=%s, headers=%s, options=%s]".formatted(url, headers.keySet(), options);
    }
  }

  /**
   * One of the handlers that come with the node.
   *
   * @param name {@code echo}, {@code sleep} or {@code digest}
   */
  record BuiltIn(String name, HandlerOptions options) implements HandlerConfig {}

  /** No handler here, although one of this name comes with the node. */
  record Off() implements HandlerConfig {
    @Override
    public HandlerOptions options() {
      return HandlerOptions.DEFAULT;
    }
  }
}
