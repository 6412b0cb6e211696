package io.dispatcher.examples;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.TaskType;

/** Chooses workers by a rule of its own. */
public final class OwnBalancer {

  static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());

  private OwnBalancer() {}

  public static void main(String[] args) {
    try (Dispatcher d =
        Dispatcher.builder()
            .balancer("least-of-three")
            .handle(SHOUT, (words, ctx) -> words.toUpperCase())
            .start()) {
      System.out.println(d.submit(SHOUT.task("my choice")).await(ofSeconds(30)));
    }
  }
}
