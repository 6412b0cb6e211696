package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.function.BiFunction;

/** Answers commands as the test says, for what no real front does when it is wanted. */
final class ScriptedFront implements AutoCloseable {

  private final HttpServer server;
  private final BiFunction<String, URI, String> script;
  private final Runnable answered;

  /**
   * @param script gives the body for a method and a path
   * @param answered told after each answer
   */
  ScriptedFront(BiFunction<String, URI, String> script, Runnable answered) {
    this.script = script;
    this.answered = answered;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body =
        script.apply(exchange.getRequestMethod(), exchange.getRequestURI()).getBytes(UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
    answered.run();
  }

  CliRun run(String... arguments) {
    return CliRun.at("http://127.0.0.1:" + server.getAddress().getPort(), arguments);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
