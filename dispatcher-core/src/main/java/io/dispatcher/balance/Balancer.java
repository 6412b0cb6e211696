package io.dispatcher.balance;

/**
 * A rule for choosing the worker of a task.
 *
 * <p>There is one instance per task type and front, used by one thread only: that front's loop. An
 * implementation found by {@link java.util.ServiceLoader} needs a public constructor without
 * parameters, and:
 *
 * <ol>
 *   <li>MUST NOT block, and must not be shared between fronts by static state.
 *   <li>MUST give a picker for any snapshot, an empty one included.
 *   <li>MUST carry on in a new picker where the last one stood, if the rule remembers anything.
 * </ol>
 *
 * <p>The test-jar of this library has tests of what every balancer must do, {@code
 * BalancerContract}, and a snapshot to test one's own rule with, {@code FakeWorkers}. Depend on
 * {@code io.dispatcher:dispatcher-core} once more, with {@code <type>test-jar</type>} and {@code
 * <scope>test</scope>}, beside {@code junit-jupiter}; subclass the contract, and return the
 * balancer from its {@code create()}.
 */
public interface Balancer {

  /** The name users write in the configuration: lower case, words joined by hyphens. */
  String name();

  /** What the rule does, in a sentence, for people who ask why a task went where it did. */
  default String rule() {
    return "the rule named " + name();
  }

  /**
   * Prepares to choose among these workers. Called once for each new snapshot; pickers made before
   * are not used again. May allocate and may take time in proportion to the number of workers.
   */
  Picker picker(Workers workers);

  /**
   * Whether its pickers ask for sessions: {@link Workers#sessions} and {@link Pick#sessions}. A
   * front keeps them for types with such a balancer only.
   */
  default boolean asksForSessions() {
    return false;
  }
}
