package io.dispatcher.node.handlers;

import io.dispatcher.node.config.ConfigException;
import io.dispatcher.node.config.HandlerConfig;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.Codec;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.Handlers;
import io.dispatcher.task.TaskType;
import java.util.Map;

/**
 * What the handlers of a node share: the processes and requests that are under way. Closing it ends
 * them.
 */
public final class NodeHandlers implements AutoCloseable {

  private final LoadedConfig loaded;
  private final Registered registered;
  private final Commands commands = new Commands();
  private final Upstreams upstreams = new Upstreams();

  private NodeHandlers(LoadedConfig loaded, Handlers handlers) {
    this.loaded = loaded;
    this.registered = new Registered(handlers, loaded.config().poolNames());
  }

  /**
   * Registers the handlers of the configuration, of the JARs, and those built in whose name is
   * still free.
   *
   * @throws ConfigException if one cannot be; names it
   */
  public static NodeHandlers register(LoadedConfig loaded, HandlerJars jars, Handlers handlers) {
    NodeHandlers node = new NodeHandlers(loaded, handlers);
    try {
      Map<String, HandlerConfig> configured = loaded.config().handlers();
      configured.forEach(node::add);
      jars.register(node.registered);
      for (String name : BuiltIns.NAMES) {
        if (!configured.containsKey(name) && !node.registered.has(name)) {
          node.builtIn(name, name, HandlerOptions.DEFAULT);
        }
      }
      return node;
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  private void add(String type, HandlerConfig config) {
    if (config instanceof HandlerConfig.Command command) {
      try {
        Programs.check(command);
      } catch (IllegalArgumentException e) {
        throw loaded.fault(String.valueOf(e.getMessage()), "handlers", type, "command");
      }
      async(
          type,
          new CommandHandler(commands, command, loaded.config().secrets()),
          command.options());
    } else if (config instanceof HandlerConfig.Http http) {
      try {
        async(type, upstreams.handler(http), http.options().noRetry(UpstreamRefused.class));
      } catch (IllegalArgumentException e) {
        throw loaded.fault(String.valueOf(e.getMessage()), "handlers", type, "headers");
      }
    } else if (config instanceof HandlerConfig.BuiltIn own) {
      builtIn(type, own.name(), own.options());
    }
  }

  private void async(String type, AsyncHandler<byte[], byte[]> handler, HandlerOptions options) {
    registered.handleAsync(type(type), handler, options);
  }

  private void builtIn(String type, String name, HandlerOptions options) {
    BuiltIns.register(name, type(type), registered, options);
  }

  private static TaskType<byte[], byte[]> type(String name) {
    return TaskType.of(name, Codec.bytes(), Codec.bytes());
  }

  /** Ends at once what still runs. */
  @Override
  public void close() {
    commands.close();
    upstreams.close();
  }
}
