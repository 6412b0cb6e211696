package io.dispatcher.node.handlers;

import io.dispatcher.node.config.HandlerConfig;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** One client for all {@code http} handlers of a node; its connections are kept and reused. */
final class Upstreams implements AutoCloseable {

  private static final int THREADS = 2;
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final ExecutorService threads;
  private final HttpClient client;

  Upstreams() {
    AtomicInteger count = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "dispatcher-http-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    client =
        HttpClient.newBuilder()
            // Asking a plain-text service to upgrade to version 2 confuses some of them.
            .version(HttpClient.Version.HTTP_1_1)
            // A redirect would send the payload to a place that is not in the configuration.
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .executor(threads)
            .build();
  }

  /**
   * A handler for one service.
   *
   * @throws IllegalArgumentException if one of its headers cannot be sent
   */
  UpstreamHandler handler(HandlerConfig.Http config) {
    return new UpstreamHandler(client, config);
  }

  /** Requests under way are the engine's to cancel; it has done so before this. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
