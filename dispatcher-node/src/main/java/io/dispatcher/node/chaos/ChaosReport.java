package io.dispatcher.node.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What {@code chaos} says. */
final class ChaosReport {
  private static final List<String> CLASSES =
      Stream.concat(
              Arrays.stream(FaultClass.values()).map(FaultClass::word),
              Stream.of(
                  Timeline.OWNER_KILL,
                  Timeline.NO_MAJORITY,
                  Timeline.sinceRemoval(FaultClass.PAUSE),
                  Timeline.sinceRemoval(FaultClass.CUT)))
          .toList();

  private final PrintStream out;

  ChaosReport(PrintStream out) {
    this.out = out;
  }

  void say(String format, @Nullable Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  void totals(Verdict verdict) {
    say("");
    verdict.skipped().forEach(what -> say("skipped: %s", what));
    say("accepted                %,9d", verdict.accepted());
    say("finished                %,9d", verdict.finished());
    say("lost                    %,9d", verdict.lost());
    if (verdict.lostBeyond() > 0) {
      say(
          "  beyond the promise    %,9d  (more copies died than there are backups)",
          verdict.lostBeyond());
    }
    say("committed twice         %,9d", verdict.committedTwice());
    say("started more than once  %,9d", verdict.startedTwice());
    say("fenced writes           %,9d  (of old attempts, refused)", verdict.fenced());
    if (verdict.setAside() > 0) {
      say("set aside               %,9d  (three nodes died with them)", verdict.setAside());
    }
    say("not accepted            %,9d", verdict.refused());
    say("answer lost             %,9d  (the submitter was told: unknown)", verdict.unknown());
    Verdict.Special special = verdict.special();
    say("submitted twice         %,9d  (under one key: one task)", special.repeated());
    say("failed by themselves    %,9d  (once each, and again started)", special.ownFailures());
    say("cancelled               %,9d", special.cancelled());
    say("");
    say("fault                times   re-started       p50       p99       max");
    for (FaultClass kind : FaultClass.values()) {
      String times = verdict.faults().getOrDefault(kind, 0).toString();
      row(kind.word(), times, verdict.restarts().get(kind.word()));
      if (kind == FaultClass.KILL) {
        row(Timeline.OWNER_KILL, "", verdict.restarts().get(Timeline.OWNER_KILL));
      }
      Verdict.Restarts sinceRemoval = verdict.restarts().get(Timeline.sinceRemoval(kind));
      if (sinceRemoval != null) {
        row(Timeline.sinceRemoval(kind), "", sinceRemoval);
      }
      if (kind == FaultClass.CUT) {
        row(Timeline.NO_MAJORITY, "", verdict.restarts().get(Timeline.NO_MAJORITY));
      }
    }
    if (!verdict.firstStarts().isEmpty()) {
      say("of what only waited:");
      CLASSES.stream()
          .filter(verdict.firstStarts()::containsKey)
          .forEach(key -> row(key, "", verdict.firstStarts().get(key)));
    }
    say("inside re-replication  %3d", verdict.rereplicating());
    say("  beyond the backups   %3d", verdict.beyondBackups());
    if (verdict.faults().getOrDefault(FaultClass.ROLLING, 0) > 0) {
      Rolling.Figures rolling = verdict.rolling();
      say(
          "while rolling          %,d submits of callers, %d answered with an error; %d tasks began"
              + " anew, %d went on from a checkpoint",
          rolling.submitted(), rolling.errors(), rolling.beganAnew(), rolling.wentOn());
    }
    say("");
    verdict.violations().forEach((promise, count) -> say("VIOLATED %s: %,d", promise, count));
    verdict.examples().forEach(example -> say("  %s", example));
    verdict.tooLittle().forEach(what -> say("TOO LITTLE HAPPENED: %s", what));
    if (verdict.exitCode() == 0) {
      say("No promise was broken.");
    }
  }

  private void row(String name, String times, Verdict.@Nullable Restarts restarts) {
    if (restarts == null) {
      say("%-20s %5s %12s", name, times, "-");
    } else {
      say(
          "%-20s %5s %,12d %,6.0f ms %,6.0f ms %,6.0f ms",
          name, times, restarts.count(), restarts.p50(), restarts.p99(), restarts.max());
    }
  }

  /** The one line of {@code --json}. */
  String json(Verdict verdict) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("accepted", verdict.accepted());
    keys.put("finished", verdict.finished());
    keys.put("lost", verdict.lost());
    keys.put("lost_beyond_promise", verdict.lostBeyond());
    keys.put("committed_twice", verdict.committedTwice());
    keys.put("started_more_than_once", verdict.startedTwice());
    keys.put("fenced_writes", verdict.fenced());
    keys.put("set_aside", verdict.setAside());
    keys.put("not_accepted", verdict.refused());
    keys.put("unknown", verdict.unknown());
    keys.put("repeated", verdict.special().repeated());
    keys.put("own_failures", verdict.special().ownFailures());
    keys.put("cancelled", verdict.special().cancelled());
    keys.put("violations", verdict.violationCount());
    keys.put("violated", verdict.violations());
    keys.put("examples", verdict.examples());
    Map<String, Object> faults = new LinkedHashMap<>();
    for (FaultClass kind : FaultClass.values()) {
      faults.put(kind.word(), verdict.faults().getOrDefault(kind, 0));
    }
    faults.put("inside_rereplication", verdict.rereplicating());
    faults.put("beyond_backups", verdict.beyondBackups());
    Map<String, Object> rolling = new LinkedHashMap<>();
    rolling.put("submitted", verdict.rolling().submitted());
    rolling.put("errors", verdict.rolling().errors());
    rolling.put("began_anew", verdict.rolling().beganAnew());
    rolling.put("went_on", verdict.rolling().wentOn());
    keys.put("rolling", rolling);
    keys.put("restart_ms", byClass(verdict.restarts()));
    keys.put("first_start_ms", byClass(verdict.firstStarts()));
    keys.put("faults", faults);
    keys.put("skipped", verdict.skipped());
    keys.put("too_little", verdict.tooLittle());
    try {
      return new JsonMapper().writeValueAsString(keys);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, Object> byClass(Map<String, Verdict.Restarts> times) {
    Map<String, Object> keys = new LinkedHashMap<>();
    CLASSES.forEach(key -> keys.put(key, figures(times.get(key))));
    return keys;
  }

  private static Map<String, @Nullable Object> figures(Verdict.@Nullable Restarts restarts) {
    Map<String, @Nullable Object> keys = new LinkedHashMap<>();
    keys.put("count", restarts == null ? 0 : restarts.count());
    keys.put("p50", restarts == null ? null : restarts.p50());
    keys.put("p99", restarts == null ? null : restarts.p99());
    keys.put("max", restarts == null ? null : restarts.max());
    return keys;
  }
}
