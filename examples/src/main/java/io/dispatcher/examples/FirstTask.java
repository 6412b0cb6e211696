package io.dispatcher.examples;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofSeconds;

import io.dispatcher.Dispatcher;
import io.dispatcher.task.TaskType;

/** The smallest program: one JVM, one type, one task. */
public final class FirstTask {

  static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());

  private FirstTask() {}

  public static void main(String[] args) {
    try (Dispatcher d =
        Dispatcher.builder().handle(SHOUT, (words, ctx) -> words.toUpperCase()).start()) {
      System.out.println(d.submit(SHOUT.task("hello")).await(ofSeconds(30)));
    }
  }
}
