package io.dispatcher.balance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** The balancers there are: built in, or found by {@link ServiceLoader}. */
public final class Balancers {

  /** The name of the balancer for types that name none. */
  public static final String DEFAULT = LeastRequests.NAME;

  private static final List<String> BUILT_IN =
      List.of(
          Uniform.NAME,
          RoundRobin.NAME,
          Weighted.NAME,
          LeastRequests.NAME,
          LeastConnections.NAME,
          PowerOfTwo.NAME,
          Latency.NAME,
          ConsistentHash.NAME);

  private Balancers() {}

  /** Any worker, each with the same probability. O(1). A baseline. */
  public static Balancer random() {
    return new Uniform();
  }

  /**
   * The next worker in the order of names, from a random start; a change of membership does not
   * send it back to the first. O(1). For tasks of similar length on equal machines.
   */
  public static Balancer roundRobin() {
    return new RoundRobin();
  }

  /**
   * In turn, each as often as its weight says, its turns spread evenly. O(1). For tasks of similar
   * length on machines whose speeds are known; a weight of 0 takes no tasks.
   *
   * @see <a href="https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1">
   *     nginx: Upstream: smooth weighted round-robin balancing, 2012</a>
   */
  public static Balancer weighted() {
    return new Weighted();
  }

  /**
   * The worker with the fewest unfinished tasks per unit of weight; ties at random. O(n) up to 128
   * workers; above, the better of two random ones in O(1). The default, good for nearly everything.
   *
   * @see <a href="https://arxiv.org/abs/2003.02368">Vargaftik, Keslassy, Orda: LSQ, 2020</a>
   */
  public static Balancer leastRequests() {
    return new LeastRequests();
  }

  /**
   * The worker on which the submitter has a session, else the one with the fewest sessions per unit
   * of weight; a session ends with its submitter's connection or after 60 s without a task. O(n).
   * Spreads clients, not tasks: for handlers that keep something for each client.
   */
  public static Balancer leastConnections() {
    return new LeastConnections();
  }

  /**
   * Of two random workers the one with fewer unfinished tasks per unit of weight. O(1). For
   * hundreds of workers, or many fronts that know little of each other.
   *
   * @see <a href="https://doi.org/10.1109/71.963420">Mitzenmacher: The power of two choices in
   *     randomized load balancing, 2001</a>
   */
  public static Balancer powerOfTwo() {
    return new PowerOfTwo();
  }

  /**
   * Of two random workers the one that is expected to finish one more task sooner, by how long
   * tasks took there and what it has. O(1). For machines of different or changing speed.
   *
   * @see <a href="https://twitter.github.io/finagle/guide/Clients.html">Finagle: Power of two
   *     choices, peak EWMA</a>
   */
  public static Balancer latency() {
    return new Latency();
  }

  /**
   * The same worker for the same key, as long as it has room: weighted rendezvous hashing with
   * bounded load. O(n) up to 128 workers; above, a Maglev table in O(1) while there is room. Keyed
   * tasks always use it; a task without a key goes by {@link #leastRequests}.
   *
   * @see <a href="https://doi.org/10.1109/90.663936">Thaler, Ravishankar: Using name-based mappings
   *     to increase hit rates, 1998</a>
   * @see <a href="https://arxiv.org/abs/1608.01350">Mirrokni, Thorup, Zadimoghaddam: Consistent
   *     hashing with bounded loads, 2016</a>
   */
  public static Balancer consistentHash() {
    return new ConsistentHash();
  }

  /**
   * Returns a new balancer of this name. Built-in ones come first; then those that {@link
   * ServiceLoader} finds for the thread's context class loader.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names that exist. Also
   *     if one that is to be found cannot be loaded
   */
  public static Balancer named(String name) {
    return supplier(name).get();
  }

  /**
   * As {@link #named}, for more than one: what is to be found is looked for once.
   *
   * @throws IllegalArgumentException as there
   */
  public static Supplier<Balancer> supplier(String name) {
    if (isBuiltIn(name)) {
      return () -> builtIn(name);
    }
    for (ServiceLoader.Provider<Balancer> provider : providers()) {
      if (loaded(provider).name().equals(name)) {
        return () -> loaded(provider);
      }
    }
    throw new IllegalArgumentException(
        "no balancer '" + name + "'; there are: " + String.join(", ", names()));
  }

  private static List<ServiceLoader.Provider<Balancer>> providers() {
    try {
      return ServiceLoader.load(Balancer.class).stream().toList();
    } catch (ServiceConfigurationError e) {
      throw broken(e);
    }
  }

  private static Balancer loaded(ServiceLoader.Provider<Balancer> provider) {
    try {
      return provider.get();
    } catch (ServiceConfigurationError e) {
      throw broken(e);
    }
  }

  private static IllegalArgumentException broken(ServiceConfigurationError e) {
    return new IllegalArgumentException(
        "a balancer on the class path cannot be loaded: "
            + e.getMessage()
            + "; correct its entry in META-INF/services, its class must be public with a public"
            + " constructor without parameters",
        e);
  }

  /** Whether a balancer of this name comes with the dispatcher. */
  public static boolean isBuiltIn(String name) {
    return BUILT_IN.contains(name);
  }

  /** The names {@link #named} knows at the moment: built-in ones first. */
  public static List<String> names() {
    List<String> names = new ArrayList<>(BUILT_IN);
    for (ServiceLoader.Provider<Balancer> provider : providers()) {
      String name = loaded(provider).name();
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return List.copyOf(names);
  }

  /**
   * The hash of keys and worker names: XXH64 with seed 0 of the text in UTF-8. It is the same on
   * every machine and in every version.
   */
  public static long hash(String text) {
    return XxHash64.hash(text.getBytes(UTF_8), 0);
  }

  /**
   * The order in which a key prefers the workers with a weight, the one of {@link #consistentHash}:
   * a worker that cannot take a task passes it to the next. Up to 128 workers; of more, none. Takes
   * time in proportion to the square of their number: for people, not for picks.
   */
  public static int[] preference(Workers workers, long keyHash) {
    return ConsistentHash.preference(workers, keyHash);
  }

  private static Balancer builtIn(String name) {
    return switch (name) {
      case Uniform.NAME -> random();
      case RoundRobin.NAME -> roundRobin();
      case Weighted.NAME -> weighted();
      case LeastRequests.NAME -> leastRequests();
      case LeastConnections.NAME -> leastConnections();
      case PowerOfTwo.NAME -> powerOfTwo();
      case Latency.NAME -> latency();
      case ConsistentHash.NAME -> consistentHash();
      default -> throw new IllegalArgumentException(name);
    };
  }
}
