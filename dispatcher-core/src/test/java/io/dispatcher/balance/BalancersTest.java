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
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void eachSaysWhatItDoes() {
    assertEquals(
        BUILT_IN.size(),
        BUILT_IN.stream().map(name -> Balancers.named(name).rule()).distinct().count());
    assertEquals("the rule named first-open", new FirstOpen().rule());
  }

  /** A worker that cannot take a task passes it to the next: that is the order that is told. */
  @Test
  void aKeysPreferenceIsTheOrderInWhichWorkersGetItsTasks() {
    FakeWorkers workers = FakeWorkers.sized(12).weight(3, 2.5).weight(7, 0);
    Picker picker = Balancers.consistentHash().picker(workers);
    Pick pick = new Pick(new SplittableRandom(1));
    for (int key = 0; key < 200; key++) {
      long hash = Balancers.hash("key " + key);
      int[] order = Balancers.preference(workers, hash);
      assertEquals(11, order.length, "who has no weight is not in it");
      for (int i : order) {
        assertEquals(i, picker.pick(pick.key(hash)));
        workers.open(i, false);
      }
      IntStream.of(order).forEach(i -> workers.open(i, true));
    }
    assertEquals(0, Balancers.preference(FakeWorkers.sized(129), 1).length);
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

  /** Those that compare a sample say which, and what they choose is the best of it. */
  @ParameterizedTest
  @CsvSource({
    "power-of-two, 3, 2",
    "power-of-two, 200, 2",
    "latency, 200, 2",
    "least-requests, 129, 2",
    "consistent-hash, 129, 2",
    "least-requests, 128, 0",
    "least-connections, 200, 0",
    "weighted, 200, 0",
    "power-of-two, 1, 0"
  })
  void whoWasDrawnIsTold(String name, int size, int sample) {
    FakeWorkers workers = FakeWorkers.sized(size);
    for (int i = 0; i < size; i++) {
      workers.load(i, i);
    }
    Picker picker = Balancers.named(name).picker(workers);
    Pick pick = new Pick(Chance.random());
    for (int k = 0; k < 500; k++) {
      int chosen = picker.pick(pick.clearDraws());
      int[] drawn = IntStream.range(0, size).filter(pick::drawn).toArray();
      assertEquals(sample, drawn.length);
      if (sample > 0) {
        assertEquals(drawn[0], chosen, "the one with less to do");
      }
    }
  }
}
