package io.dispatcher.balance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BalancersTest {

  private static final List<String> BUILT_IN =
      List.of(
          "random",
          "round-robin",
          "weighted",
          "least-requests",
          "least-connections",
          "power-of-two",
          "latency",
          "consistent-hash");

  @Test
  void everyNameFindsItsBalancer() {
    assertEquals(BUILT_IN, Balancers.names());
    for (String name : BUILT_IN) {
      assertEquals(name, Balancers.named(name).name());
      assertNotSame(Balancers.named(name), Balancers.named(name));
    }
    assertEquals("least-requests", Balancers.DEFAULT);
  }

  @Test
  void anUnknownNameIsToldWhichExist() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> Balancers.named("Round-Robin"));
    assertEquals(
        "no balancer 'Round-Robin';" + " there are: " + String.join(", ", BUILT_IN),
        e.getMessage());
  }

  @Test
  void usersAddTheirOwn(@TempDir Path jar) throws Exception {
    Path services = Files.createDirectories(jar.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(Balancer.class.getName()),
        FirstOpen.class.getName() + "\n" + Usurper.class.getName(),
        UTF_8);
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, usual)) {
      thread.setContextClassLoader(loader);

      assertInstanceOf(FirstOpen.class, Balancers.named("first-open"));
      assertNotSame(Balancers.named("first-open"), Balancers.named("first-open"));
      assertInstanceOf(Uniform.class, Balancers.named("random"));
      List<String> all = new ArrayList<>(BUILT_IN);
      all.add("first-open");
      assertEquals(all, Balancers.names());
    } finally {
      thread.setContextClassLoader(usual);
    }
  }

  /** A user's balancer. */
  public static final class FirstOpen implements Balancer {
    @Override
    public String name() {
      return "first-open";
    }

    @Override
    public Picker picker(Workers workers) {
      return pick -> -1;
    }
  }

  /** Has a name that is taken. */
  public static final class Usurper implements Balancer {
    @Override
    public String name() {
      return "random";
    }

    @Override
    public Picker picker(Workers workers) {
      return pick -> -1;
    }
  }
}
