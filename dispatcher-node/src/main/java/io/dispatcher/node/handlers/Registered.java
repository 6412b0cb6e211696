package io.dispatcher.node.handlers;

import io.dispatcher.task.AsyncHandler;
import io.dispatcher.task.Handler;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.Handlers;
import io.dispatcher.task.TaskType;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Passes handlers on, refuses pools that are not there, and remembers the names of types. */
final class Registered implements Handlers {

  private final Handlers handlers;
  private final Set<String> pools;
  private final Set<String> types = new HashSet<>();

  Registered(Handlers handlers, Set<String> pools) {
    this.handlers = handlers;
    this.pools = Set.copyOf(pools);
  }

  private HandlerOptions checked(HandlerOptions options) {
    String pool = options.pool();
    if (pool != null && !pools.contains(pool)) {
      throw new IllegalArgumentException(
          "there is no pool '" + pool + "'; the configuration has " + new TreeSet<>(pools));
    }
    return options;
  }

  boolean has(String type) {
    return types.contains(type);
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> Handlers handle(
      TaskType<P, R> type, Handler<P, R> handler, HandlerOptions options) {
    handlers.handle(type, handler, checked(options));
    types.add(type.name());
    return this;
  }

  @Override
  public <P extends @Nullable Object, R extends @Nullable Object> Handlers handleAsync(
      TaskType<P, R> type, AsyncHandler<P, R> handler, HandlerOptions options) {
    handlers.handleAsync(type, handler, checked(options));
    types.add(type.name());
    return this;
  }
}
