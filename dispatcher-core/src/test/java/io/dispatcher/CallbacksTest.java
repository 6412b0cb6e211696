package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Loop;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is said of user code that holds a callback thread up. */
class CallbacksTest {

  private final Logger log = Logger.getLogger("io.dispatcher");
  private final List<String> said = new ArrayList<>();

  /** Others of the process may still have something to say. */
  private final Thread tester = Thread.currentThread();

  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          if (Thread.currentThread() == tester) {
            said.add(
                new MessageFormat(line.getMessage(), Locale.ROOT).format(line.getParameters()));
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final StoppedLoop loop = new StoppedLoop();
  private final Callbacks callbacks = new Callbacks(loop, Runnable::run, null);

  @BeforeEach
  void listen() {
    log.addHandler(handler);
    log.setUseParentHandlers(false);
  }

  @AfterEach
  void stop() {
    log.removeHandler(handler);
    log.setUseParentHandlers(true);
  }

  @Test
  void a_callback_that_blocked_is_told_with_the_way_out() {
    callbacks.add(() -> loop.now += TimeUnit.MILLISECONDS.toNanos(1500));
    callbacks.flush();

    assertEquals(1, said.size(), said::toString);
    assertTrue(
        said.get(0).startsWith("callbacks blocked for 1,500 ms; use the ...Async methods"),
        said::toString);
  }

  @Test
  void a_callback_that_blocks_is_told_while_it_blocks_and_once() {
    List<String> meanwhile = new ArrayList<>();
    callbacks.add(
        () -> {
          loop.now += TimeUnit.MILLISECONDS.toNanos(1500);
          callbacks.nudge();
          callbacks.nudge();
          meanwhile.addAll(said);
        });
    callbacks.flush();

    assertEquals(1, meanwhile.size(), meanwhile::toString);
    assertTrue(
        meanwhile
            .get(0)
            .startsWith("callbacks have been running for 1,500 ms and hold up others; use the"),
        meanwhile::toString);
  }

  @Test
  void a_callback_that_throws_is_told_and_the_next_one_runs() {
    List<String> ran = new ArrayList<>();
    callbacks.add(
        () -> {
          throw new IllegalStateException("on purpose");
        });
    callbacks.add(() -> ran.add("next"));
    callbacks.flush();

    assertEquals(List.of("next"), ran);
    assertEquals(List.of("a callback threw"), said);
  }

  @Test
  void an_executor_that_throws_ends_nothing_and_is_asked_again() {
    List<String> ran = new ArrayList<>();
    List<Runnable> asked = new ArrayList<>();
    Callbacks onBroken =
        new Callbacks(
            loop,
            run -> {
              asked.add(run);
              if (asked.size() == 1) {
                throw new OutOfMemoryError("no thread, on purpose");
              }
              run.run();
            },
            null);
    onBroken.add(() -> ran.add("late"));
    onBroken.flush();
    assertEquals(List.of(), ran);

    onBroken.nudge();

    assertEquals(List.of("late"), ran);
  }

  @Test
  void an_executor_that_has_closed_is_told_of_only_if_somebody_waits_for_it() {
    List<String> ran = new ArrayList<>();
    boolean[] runs = {true};
    Callbacks onClosed =
        new Callbacks(
            loop,
            run -> {
              if (runs[0]) {
                run.run();
              }
              throw new RejectedExecutionException("on purpose");
            },
            null);
    onClosed.add(() -> ran.add("first"));
    onClosed.flush();
    assertEquals(List.of("first"), ran);
    assertEquals(List.of(), said, "another runner has told everything");

    runs[0] = false;
    onClosed.add(() -> ran.add("second"));
    onClosed.flush();

    assertEquals(
        List.of(
            "the callback executor takes nothing more, and handles stay open: close the dispatcher"
                + " before its executor"),
        said);
  }

  /** Time stands still unless it is set. */
  private static final class StoppedLoop implements Loop {
    private long now;

    @Override
    public long now() {
      return now;
    }

    @Override
    public long wallMillis() {
      return 0;
    }

    @Override
    public void execute(Runnable turn) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Timer after(long nanos, Runnable turn) {
      throw new UnsupportedOperationException();
    }

    @Override
    public RandomGenerator random() {
      throw new UnsupportedOperationException();
    }
  }
}
