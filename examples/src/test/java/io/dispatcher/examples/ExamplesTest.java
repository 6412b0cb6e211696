package io.dispatcher.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

/** Every example runs, and prints what its text says. */
class ExamplesTest {

  @Test
  void first_task() {
    assertEquals("HELLO\n", printed(() -> FirstTask.main(new String[0])));
  }

  @Test
  void own_balancer() {
    assertEquals("MY CHOICE\n", printed(() -> OwnBalancer.main(new String[0])));
  }

  static String printed(Runnable example) {
    PrintStream before = System.out;
    ByteArrayOutputStream caught = new ByteArrayOutputStream();
    System.setOut(new PrintStream(caught, true, UTF_8));
    try {
      example.run();
    } finally {
      System.setOut(before);
    }
    return caught.toString(UTF_8).replace(System.lineSeparator(), "\n");
  }
}
