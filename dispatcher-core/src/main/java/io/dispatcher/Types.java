package io.dispatcher;

import io.dispatcher.balance.Balancer;
import io.dispatcher.balance.Balancers;
import io.dispatcher.task.Codec;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** What the configuration of this node says about types of tasks. Immutable. */
final class Types {

  private final Map<String, TaskOptions> declared = new LinkedHashMap<>();
  private final Map<String, String> balancers;
  private final String balancer;

  /** By their names: loops are not to look for classes. */
  private final Map<String, Supplier<Balancer>> suppliers = new HashMap<>();

  private final Weights.Rule weights;

  /**
   * @param balancers names, of the types that have their own
   * @param balancer name of that of all others
   * @param weights what counts for the weight of a worker
   */
  Types(
      Map<String, TaskOptions> declared,
      Map<String, String> balancers,
      String balancer,
      Weights.Rule weights) {
    this.weights = weights;
    declared.forEach(
        (type, options) -> this.declared.put(type, options.over(TaskOptions.DEFAULTS)));
    this.balancers = Map.copyOf(balancers);
    this.balancer = balancer;
    suppliers.put(balancer, Balancers.supplier(balancer));
    this.balancers.values().forEach(name -> suppliers.put(name, Balancers.supplier(name)));
  }

  /** The options, if the type can be declared with them. */
  static TaskOptions checked(String type, TaskOptions options) {
    TaskType<byte[], byte[]> named = TaskType.of(type, Codec.bytes(), Codec.bytes());
    Objects.requireNonNull(options, "options");
    ofOneTask(named, "key", options.key());
    ofOneTask(named, "idempotencyKey", options.idempotencyKey());
    ofOneTask(named, "notBefore", options.notBefore());
    ofOneTask(named, "explain", options.explain());
    return options;
  }

  private static void ofOneTask(
      TaskType<?, ?> type, String option, @org.jspecify.annotations.Nullable Object value) {
    if (value != null) {
      throw new IllegalArgumentException(
          "type "
              + type
              + " is declared with "
              + option
              + " "
              + value
              + ", which belongs to a single task; set it on the task");
    }
  }

  Weights.Rule weights() {
    return weights;
  }

  boolean declared(String type) {
    return declared.containsKey(type);
  }

  Set<String> declared() {
    return declared.keySet();
  }

  /** What tasks of this type have where nobody else says anything. */
  TaskOptions options(String type) {
    return declared.getOrDefault(type, TaskOptions.DEFAULTS);
  }

  /** The name of the type's balancer. */
  String balancerName(String type) {
    return balancers.getOrDefault(type, balancer);
  }

  /**
   * A new one for the type.
   *
   * @param faults counts those of a balancer that is not ours
   */
  Balancer balancer(String type, LongAdder faults) {
    String name = balancerName(type);
    Supplier<Balancer> made = Objects.requireNonNull(suppliers.get(name), "there for every name");
    return GuardedBalancer.of(type, name, made, faults);
  }
}
