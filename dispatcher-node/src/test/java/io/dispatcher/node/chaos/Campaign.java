package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dispatcher.node.chaos.Line.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;

/**
 * Faults one after the other, under load: the next one comes soon after all nodes take tasks and
 * have all copies again. Callers ask all the time how tasks stand. {@code -Dsoak.nodes} (3 or 5),
 * {@code -Dsoak.seed}; {@code -Dsoak.strict} makes a re-start that came late a failure, and a heal
 * of five nodes too, for machines with nothing beside it; {@code -Dsoak.sysctl} sets a parameter of
 * the kernel for all nodes.
 */
record Campaign(String kind, int nodes, int rounds, long seed, Path directory) {
  /** One history holds no more: a campaign of more is several runs, each judged by itself. */
  static final int MOST_ROUNDS = 25;

  private static final List<Integer> SIZES =
      Optional.ofNullable(Integer.getInteger("soak.nodes")).map(List::of).orElse(List.of(3, 5));

  /**
   * Submits a second of each node. With 60 two of three nodes hardly bear what a fault has left,
   * and what the next one hits has waited for long already.
   */
  private static final int RATE = Integer.getInteger("soak.rate", 30);

  /** Submits a second of each of the three callers: they are there to ask. */
  private static final int CALLERS_RATE = 2;

  private static final boolean STRICT = Boolean.getBoolean("soak.strict");
  private static final Optional<String> SYSCTL =
      Optional.ofNullable(System.getProperty("soak.sysctl"));

  private static final int TASK_MILLIS = 40;
  private static final Duration HEALED = Duration.ofSeconds(60);

  /**
   * From the heal until all that lived through the fault take tasks and see each other. Whoever
   * died in it is started again at the heal, and is not waited for.
   */
  private static final Duration MOST_TO_HEAL = Duration.ofSeconds(15);

  /** One fault. */
  interface Round {
    /**
     * Returns when the fault is over, and says since when.
     *
     * @param name to be said before what happens
     */
    SplitRun.Over strike(SplitRun run, Random random, String name) throws InterruptedException;
  }

  /** So many rounds, shared among the sizes of clusters. */
  static Stream<Campaign> of(String kind, int rounds, Path directory) {
    long seed = Long.getLong("soak.seed", System.nanoTime());
    List<Campaign> all = new ArrayList<>();
    for (int i = 0; i < SIZES.size(); i++) {
      int left = (rounds + i) / SIZES.size();
      for (; left > 0; left -= MOST_ROUNDS) {
        Path own = directory.resolve(String.valueOf(all.size()));
        int most = Math.min(left, MOST_ROUNDS);
        all.add(new Campaign(kind, SIZES.get(i), most, seed + all.size(), own));
      }
    }
    return all.stream();
  }

  /** A test of its own. */
  DynamicTest test(Round round) {
    return test(() -> run(round));
  }

  /** As that, with more to look at. */
  DynamicTest test(Executable run) {
    return DynamicTest.dynamicTest("%d %ss of %d nodes".formatted(rounds, kind, nodes), run);
  }

  /** Fails if a promise was broken; tells what was seen. */
  Verdict run(Round round) throws IOException, InterruptedException {
    Optional<String> refusal = Namespaces.refusal();
    assumeTrue(refusal.isEmpty(), () -> refusal.orElse(""));
    say("%d %ss of %d nodes, -Dsoak.seed=%d %s", rounds, kind, nodes, seed, SYSCTL.orElse(""));
    Random random = new Random(seed);
    List<SplitRun.Healed> healed = new ArrayList<>();
    Path history = Files.createDirectories(directory).resolve("history.jsonl");
    try (SplitRun run =
        new SplitRun(nodes, TASK_MILLIS, RATE, history, Detection.USUAL, List.of())) {
      if (SYSCTL.isPresent()) {
        run.set(SYSCTL.get());
      }
      run.startWithCallers(
          "nodes=%d tasks=1 task-ms=%d %ss=%d seed=%d"
              .formatted(nodes, TASK_MILLIS, kind, rounds, seed),
          CALLERS_RATE);
      for (int i = 0; i < rounds; i++) {
        run.calm(Duration.ofMillis(500 + random.nextInt(1500)));
        // Who is removed for a link may be told after that is whole again.
        run.awaitWhole(HEALED);
        SplitRun.Over over = round.strike(run, random, "%s %d".formatted(kind, i + 1));
        SplitRun.Healed took = run.awaitHealed(over, HEALED);
        healed.add(took);
        String all =
            over.restarted().isEmpty()
                ? ""
                : ", with the one that died %.1f s".formatted(took.all() / 1e3);
        say("    whole again %.1f s after it%s", took.lived() / 1e3, all);
      }
      return judge(run, healed);
    }
  }

  private Verdict judge(SplitRun run, List<SplitRun.Healed> all) throws InterruptedException {
    Verdict verdict = run.finish();
    List<Long> healed = all.stream().map(SplitRun.Healed::lived).sorted().toList();
    long restarted = all.stream().mapToLong(SplitRun.Healed::all).max().orElse(0);
    say(
        "healed, ms: p50 %d, max %d; with those that had died max %d",
        healed.get(healed.size() / 2), healed.get(healed.size() - 1), restarted);
    say(
        "accepted %d, lost %d, committed twice %d, started more than once %d, fenced %d, refused %d,"
            + " unknown %d",
        verdict.accepted(),
        verdict.lost(),
        verdict.committedTwice(),
        verdict.startedTwice(),
        verdict.fenced(),
        verdict.refused(),
        verdict.unknown());
    verdict
        .restarts()
        .forEach(
            (kind, times) ->
                say(
                    "%s to re-start, ms: %d tasks, p50 %.0f, p99 %.0f, max %.0f",
                    kind, times.count(), times.p50(), times.p99(), times.max()));
    verdict
        .firstStarts()
        .forEach(
            (kind, times) ->
                say(
                    "%s to the first start of what only waited, ms: %d tasks, p50 %.0f, p99 %.0f, max"
                        + " %.0f",
                    kind, times.count(), times.p50(), times.p99(), times.max()));
    Map<String, Duration> bounds = new TreeMap<>(Detection.USUAL.bounds());
    bounds.keySet().removeIf(kind -> inTime(verdict, kind, bounds.get(kind)));
    for (FaultClass kind : List.of(FaultClass.PAUSE, FaultClass.CUT)) {
      String sinceRemoval = Timeline.sinceRemoval(kind);
      if (verdict.restarts().containsKey(kind.word())
          && !verdict.restarts().containsKey(sinceRemoval)) {
        say("%s: nobody told of a removal", sinceRemoval);
        bounds.put(sinceRemoval, Detection.RESTART);
      }
    }
    List<CutOff> bound =
        run.cutOff().stream().filter(one -> one.mustNotice(Detection.USUAL)).toList();
    List<CutOff> late = bound.stream().filter(one -> !one.inTime(Detection.USUAL)).toList();
    Map<Kind, Long> acknowledged = acknowledged(run);
    say(
        "apart from every majority: %d nodes; so long that they had to notice: %d, of which %d said"
            + " so in time; acknowledged by those that were apart: %s",
        run.cutOff().size(), bound.size(), bound.size() - late.size(), acknowledged);
    run.cutOff().stream()
        .filter(one -> one.unheard() < 0)
        .forEach(
            one ->
                say(
                    "  %s heard a majority that did not hear it, for %.1f s; noticed after %.1f s",
                    Chaos.name(one.node()),
                    (one.heals() - one.since()) / 1e6,
                    one.noticed() < 0 ? -1 : (one.noticed() - one.since()) / 1e6));
    say("longest without an owner, seen by a majority: %.1f s", run.ownerless().longest());
    run.told().forEach((text, count) -> say("  %d x %s", count, text));
    verdict.examples().forEach(example -> say("  %s", example));
    assertEquals(List.of(), verdict.examples());
    assertEquals(0, verdict.lost());
    assertEquals(0, verdict.committedTwice());
    assertEquals(List.of(), run.uncalled());
    assertEquals(Map.of(), acknowledged, "acknowledged without a majority");
    assertEquals(List.of(), late, "noticed late or never");
    assertEquals(
        nodes, run.ownerless().nodes(), "nodes that were asked for tasks without an owner");
    assertEquals(Map.of(), run.ownerless().tooLong(), "without an owner, seconds by node");
    assertEquals(List.of(), tooLittle(verdict));
    assertTrue(!STRICT || bounds.isEmpty(), () -> "p99 above " + bounds);
    if (nodes == 3 || STRICT) {
      assertTrue(healed.get(healed.size() - 1) <= MOST_TO_HEAL.toMillis(), healed::toString);
    }
    run.done();
    return verdict;
  }

  /** What nodes have said that were apart from every majority, of each kind. */
  private static Map<Kind, Long> acknowledged(SplitRun run) {
    return run.cutOff().stream()
        .flatMap(one -> run.acknowledged(one).stream())
        .collect(Collectors.groupingBy(Line::kind, TreeMap::new, Collectors.counting()));
  }

  /** Why the campaign proves nothing. */
  private static List<String> tooLittle(Verdict verdict) {
    List<String> tooLittle = new ArrayList<>(verdict.tooLittle());
    // Who dies in a cut may have had nothing to run, as nothing was recorded for seconds.
    tooLittle.remove(TooLittle.NO_KILL_HIT);
    return tooLittle;
  }

  /** Whether re-starts came in time. On a busy machine the times are those of the machine. */
  private static boolean inTime(Verdict verdict, String kind, Duration bound) {
    Verdict.Restarts times = verdict.restarts().get(kind);
    if (times == null) {
      return true;
    }
    boolean kept = times.p99() <= bound.toMillis();
    say(
        "%s: p99 %.0f ms of %d tasks, bound %d ms: %s",
        kind, times.p99(), times.count(), bound.toMillis(), kept ? "kept" : "NOT KEPT");
    return kept;
  }

  static void say(String format, Object... arguments) {
    System.out.printf(Locale.ROOT, "%tT ", System.currentTimeMillis());
    System.out.printf(Locale.ROOT, format + "%n", arguments);
  }
}
