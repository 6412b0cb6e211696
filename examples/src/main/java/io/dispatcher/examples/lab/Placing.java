package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Pick;
import io.dispatcher.balance.Picker;
import io.vertx.core.net.endpoint.LoadBalancer;
import io.vertx.core.net.endpoint.ServerEndpoint;
import io.vertx.core.net.endpoint.ServerSelector;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Which worker a key belongs to. */
interface Placing {

  /**
   * What holds while these are the workers: from a key to the number of a worker. It may remember
   * what held before.
   */
  ToIntFunction<String> among(IdleWorkers workers);

  /** Ours. */
  static Placing consistentHash() {
    return workers -> {
      Picker picker = Balancers.consistentHash().picker(workers);
      Pick pick = new Pick(new SplittableRandom(1));
      return key -> workers.number(picker.pick(pick.key(Balancers.hash(key))));
    };
  }

  /** Hazelcast's. */
  static Placing partitions() {
    HazelcastRule.Partitions partitions = new HazelcastRule.Partitions();
    return workers -> {
      partitions.share(IntStream.range(0, workers.size()).map(workers::number).toArray());
      return partitions::ofKey;
    };
  }

  /** Vert.x's own: a ring with four points for each worker. */
  static Placing vertx() {
    return workers -> {
      List<ServerEndpoint> endpoints =
          IntStream.range(0, workers.size())
              .mapToObj(i -> VertxRule.endpoint(workers.name(i), () -> 0))
              .toList();
      ServerSelector selector = LoadBalancer.CONSISTENT_HASHING.selector(endpoints);
      return key -> workers.number(selector.select(key));
    };
  }

  /** A ring as Envoy has it. */
  static Placing ring(int points) {
    return workers -> {
      String[] names = new String[workers.size()];
      int[] each = new int[names.length];
      for (int i = 0; i < names.length; i++) {
        names[i] = workers.name(i);
        each[i] = points;
      }
      Ring ring = new Ring(names, each);
      return key -> workers.number(ring.owner(Balancers.hash(key)));
    };
  }

  /** Jump hash: whoever leaves, the last number is free. */
  static Placing jump() {
    return workers -> key -> workers.number(JumpHash.bucket(Balancers.hash(key), workers.size()));
  }
}
