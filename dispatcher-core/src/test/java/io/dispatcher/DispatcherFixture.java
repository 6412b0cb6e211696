package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** Dispatchers in one JVM, without a cluster, which end with their test. */
abstract class DispatcherFixture {

  static final Duration SOON = ofSeconds(10);
  static final Backoff QUICK = new Backoff(ofMillis(1), 2, ofMillis(5), 0);
  static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());
  static final TaskType<String, String> WORK = TaskType.of("work", text(), text()).backoff(QUICK);

  final RecordingListener listener = new RecordingListener();
  private final List<Dispatcher> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(dispatcher -> dispatcher.close(Duration.ZERO));
  }

  Dispatcher.Builder builder() {
    return Dispatcher.builder().listener(listener);
  }

  Dispatcher started(Dispatcher.Builder builder) {
    Dispatcher dispatcher = builder.start();
    open.add(dispatcher);
    return dispatcher;
  }
}
