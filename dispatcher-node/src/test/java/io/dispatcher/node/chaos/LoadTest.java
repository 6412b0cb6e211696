package io.dispatcher.node.chaos;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.chaos.Line.Kind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The load of a run on a dispatcher of this process alone, judged by the checker. */
class LoadTest {
  private static final int ENOUGH = 5 * ChaosWork.RARE;

  private final List<Line> lines = new CopyOnWriteArrayList<>();

  @Test
  void repeats_some_submits_cancels_some_tasks_and_fails_some_once() throws Exception {
    lines.add(Line.of(Timeline.CLUSTER, Kind.RUN).text("nodes=1 tasks=" + ENOUGH));
    ChaosWork work = new ChaosWork("node-1", lines::add);
    try (Dispatcher dispatcher =
        Dispatcher.builder()
            .handle(ChaosWork.TYPE, work::run)
            .listener(new Heard("node-1", lines::add))
            .start()) {
      Load load = new Load("node-1", dispatcher::submitDetached, lines::add, 1, 1);
      load.start(1_000);
      await().atMost(30, SECONDS).until(() -> load.accepted() >= ENOUGH);
      load.stop();
      await()
          .atMost(30, SECONDS)
          .until(
              () ->
                  load.open() == 0
                      && told(Kind.CANCELLED) == number(ChaosWork::isCancelled, load.accepted())
                      && told(Kind.REPEAT) == number(ChaosWork::isRepeated, load.accepted()));
    }
    lines.add(Line.of(Timeline.CLUSTER, Kind.END));
    Verdict verdict = verdict();
    assertEquals(Map.of(), verdict.violations(), verdict::toString);
    assertEquals(List.of("there was no fault, and none was planned"), verdict.tooLittle());
    assertEquals(0, verdict.lost());
    long accepted = verdict.accepted();
    assertEquals(number(ChaosWork::isRepeated, accepted), verdict.special().repeated());
    assertEquals(number(ChaosWork::failsOnce, accepted), verdict.special().ownFailures());
    assertEquals(0, verdict.startedTwice());
  }

  private static long number(LongPredicate kind, long submits) {
    return LongStream.rangeClosed(1, submits).filter(kind).count();
  }

  private long told(Kind kind) {
    return lines.stream().filter(line -> line.kind() == kind).count();
  }

  private Verdict verdict() {
    Checker checker = new Checker();
    lines.forEach(checker);
    return checker.verdict();
  }
}
