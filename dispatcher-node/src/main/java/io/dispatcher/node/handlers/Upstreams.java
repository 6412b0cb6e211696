package io.dispatcher.node.handlers;

import io.dispatcher.node.config.HandlerConfig;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One client for all {@code http} handlers of a node; its connections are kept and reused. It is
 * made with the first of them: reading the certificates to trust takes a third of a second.
 */
final class Upstreams implements AutoCloseable {

  private static final int THREADS = 2;
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private @Nullable ExecutorService threads;
  private @Nullable HttpClient client;

  /**
   * A handler for one service.
   *
   * @throws IllegalArgumentException if one of its headers cannot be sent
   */
  synchronized UpstreamHandler handler(HandlerConfig.Http config) {
    if (client == null) {
      threads = threads();
      client = client(threads);
    }
    return new UpstreamHandler(client, config);
  }

  private static ExecutorService threads() {
    AtomicInteger count = new AtomicInteger();
    return Executors.newFixedThreadPool(
        THREADS,
        task -> {
          Thread thread = new Thread(task, "dispatcher-http-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  private static HttpClient client(ExecutorService threads) {
    return HttpClient.newBuilder()
        // Asking a plain-text service to upgrade to version 2 confuses some of them.
        .version(HttpClient.Version.HTTP_1_1)
        // A redirect would send the payload to a place that is not in the configuration.
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(CONNECT)
        .executor(threads)
        .build();
  }

  /** Requests under way end with the process, where the engine has not cancelled them before. */
  @Override
  public synchronized void close() {
    if (threads != null) {
      threads.shutdown();
    }
  }
}
