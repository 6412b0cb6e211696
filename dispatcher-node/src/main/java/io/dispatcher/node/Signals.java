package io.dispatcher.node;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears SIGTERM, SIGINT and SIGHUP. A shutdown hook would not do: Java hears no second signal while
 * hooks run.
 *
 * <p>{@code sun.misc.Signal} is no part of Java's own API, though every JDK has it; it is called by
 * name, so that the node also compiles and runs where it is missing. There a signal ends the
 * process at once.
 */
public final class Signals {

  private static final Logger log = LoggerFactory.getLogger(Signals.class);
  private static final List<String> NAMES = List.of("TERM", "INT", "HUP");

  private Signals() {}

  /**
   * From now on the first signal runs a step, on a thread of its own, and each further one ends the
   * process at once, with 128 and its number.
   */
  public static void onFirst(Runnable step) {
    AtomicBoolean heard = new AtomicBoolean();
    for (String name : NAMES) {
      try {
        handle(name, number -> signalled(heard, step, name, number));
      } catch (ReflectiveOperationException | RuntimeException e) {
        log.debug("SIG{} is not heard: {}", name, e.toString());
      }
    }
  }

  private static void signalled(AtomicBoolean heard, Runnable step, String name, int number) {
    if (heard.compareAndSet(false, true)) {
      log.info("SIG{}", name);
      step.run();
    } else {
      log.warn("SIG{} again: this process ends now", name);
      // Hooks end the programs that handlers started.
      System.exit(128 + number);
    }
  }

  private interface Heard {
    void signal(int number);
  }

  private static void handle(String name, Heard heard) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object proxy =
        Proxy.newProxyInstance(
            Signals.class.getClassLoader(),
            new Class<?>[] {handler},
            (self, method, arguments) -> {
              if (method.getName().equals("handle")) {
                Object number = signal.getMethod("getNumber").invoke(arguments[0]);
                heard.signal((Integer) number);
                return null;
              }
              return switch (method.getName()) {
                case "hashCode" -> System.identityHashCode(self);
                case "equals" -> self == arguments[0];
                default -> "handler of SIG" + name;
              };
            });
    try {
      Object which = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, which, proxy);
    } catch (InvocationTargetException e) {
      // Such as: the JVM was told to leave this one alone.
      throw new IllegalStateException(e.getCause());
    }
  }
}
