package io.dispatcher.task;

/**
 * Brings the handlers of a JAR to a node. Found with {@link java.util.ServiceLoader}: name the
 * class in {@code META-INF/services/io.dispatcher.task.HandlerProvider} and give it a public
 * constructor without arguments.
 */
public interface HandlerProvider {
  /**
   * Registers handlers. Called once, on the thread that starts the node, before the node takes
   * tasks; an exception stops the start.
   *
   * @param handlers only valid during the call
   */
  void register(Handlers handlers);
}
