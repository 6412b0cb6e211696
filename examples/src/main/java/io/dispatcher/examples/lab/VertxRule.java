package io.dispatcher.examples.lab;

import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.endpoint.DefaultInteractionMetrics;
import io.vertx.core.net.endpoint.InteractionMetrics;
import io.vertx.core.net.endpoint.LoadBalancer;
import io.vertx.core.net.endpoint.ServerEndpoint;
import io.vertx.core.net.endpoint.ServerInteraction;
import io.vertx.core.net.endpoint.ServerSelector;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/**
 * The balancers of Vert.x's own clients, the real ones: {@code LEAST_REQUESTS}, and {@code
 * CONSISTENT_HASHING} for tasks with keys.
 */
final class VertxRule implements Rule {

  @Override
  public String name() {
    return "vert.x";
  }

  @Override
  public Chooser chooser(Members first, Simulation simulation) {
    return new Chooser() {
      private Members members = first;
      private ServerSelector leastRequests = () -> -1;
      private ServerSelector hashing = () -> -1;

      @Override
      public void membersChanged(Members now) {
        members = now;
        List<ServerEndpoint> endpoints =
            IntStream.range(0, now.size())
                .mapToObj(i -> endpoint(now.name(i), () -> now.own(i)))
                .toList();
        leastRequests = LoadBalancer.LEAST_REQUESTS.selector(endpoints);
        hashing = LoadBalancer.CONSISTENT_HASHING.selector(endpoints);
      }

      @Override
      public int choose(SimTask task) {
        return members.number(
            task.key == SimTask.NO_KEY
                ? leastRequests.select()
                : hashing.select(simulation.keys().text(task.key)));
      }
    };
  }

  /** A server that has so many requests of this client. */
  static ServerEndpoint endpoint(String name, IntSupplier requests) {
    DefaultInteractionMetrics metrics =
        new DefaultInteractionMetrics() {
          @Override
          public int numberOfInflightRequests() {
            return requests.getAsInt();
          }
        };
    return new ServerEndpoint() {
      @Override
      public String key() {
        return name;
      }

      @Override
      public InteractionMetrics<?> metrics() {
        return metrics;
      }

      @Override
      public SocketAddress address() {
        return SocketAddress.domainSocketAddress(name);
      }

      @Override
      public String protocolId() {
        return "HTTP_1_1";
      }

      @Override
      public ServerInteraction newInteraction() {
        throw new UnsupportedOperationException("nobody connects to it");
      }

      @Override
      public Object unwrap() {
        return this;
      }
    };
  }
}
