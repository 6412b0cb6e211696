package io.dispatcher.node.chaos;

import io.dispatcher.task.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a history says of one task. Little, for there may be a million of them. */
final class Seen {
  /** A handler began. */
  record Start(int attempt, String node, long micros) {}

  /**
   * A checkpoint was recorded.
   *
   * @param asked when the handler wanted it
   */
  record Save(int attempt, int step, long asked) {}

  /** An owner told that it has raised the attempt, as a node was lost. */
  private record Raise(String lostNode, long micros) {}

  /** A later attempt looked for a checkpoint. */
  record Resume(int attempt, int step) {}

  final List<Start> starts = new ArrayList<>(1);
  private @Nullable List<Save> saves;
  private @Nullable List<Resume> resumes;
  private @Nullable Map<Integer, Raise> raises;

  /** Of its submit; -1 if it was never accepted as far as anybody knows. */
  long number = -1;

  /** Its writes that were refused. */
  int fenced;

  /** Whether it has an idempotency key. */
  boolean keyed;

  /** Whether somebody asked for its cancellation, and what he was told, and when. */
  boolean cancelAsked;

  @Nullable Boolean cancelTold;
  long cancelToldAt;

  /** The attempt that its owner says was cancelled; 0 if none. */
  int cancelled;

  private @Nullable Map<Integer, Long> failed;

  @Nullable String owner;
  long acceptedAt;
  @Nullable String outcome;
  int won;
  @Nullable String otherOutcome;
  long outcomeAt = Long.MAX_VALUE;
  @Nullable String settled;
  long settledAt = Long.MAX_VALUE;
  @Nullable String missing;
  long missingAt = Long.MAX_VALUE;
  @Nullable Told told;

  boolean accepted() {
    return number >= 0;
  }

  Told told() {
    Told all = told == null ? new Told() : told;
    told = all;
    return all;
  }

  /** The end of time if nobody was told. */
  long toldEndedAt() {
    return told == null ? Long.MAX_VALUE : told.endedAt;
  }

  void save(Save save) {
    List<Save> all = saves == null ? new ArrayList<>(2) : saves;
    saves = all;
    // Of one attempt the newest tells all.
    all.removeIf(old -> old.attempt() == save.attempt() && old.step() <= save.step());
    all.add(save);
  }

  void resume(Resume resume) {
    List<Resume> all = resumes == null ? new ArrayList<>(1) : resumes;
    resumes = all;
    all.add(resume);
  }

  void reissued(int attempt, String lostNode, long micros) {
    Map<Integer, Raise> all = raises == null ? new HashMap<>(2) : raises;
    raises = all;
    all.put(attempt, new Raise(lostNode, micros));
  }

  List<Save> saves() {
    return saves == null ? List.of() : saves;
  }

  List<Resume> resumes() {
    return resumes == null ? List.of() : resumes;
  }

  /** An attempt fails by its own code. */
  void fails(int attempt, long micros) {
    Map<Integer, Long> all = failed == null ? new HashMap<>(2) : failed;
    failed = all;
    all.put(attempt, micros);
  }

  boolean failed(int attempt) {
    return failed != null && failed.containsKey(attempt);
  }

  /** Starts that no failure of its own explains: the first, and those that are due to others. */
  List<Start> forced() {
    return failed == null ? starts : starts.stream().filter(start -> !isRetry(start)).toList();
  }

  /**
   * Whether the attempt before it failed by its own code, and no owner says that a node was lost.
   */
  boolean isRetry(Start start) {
    Long failedAt = failed == null ? null : failed.get(start.attempt() - 1);
    return failedAt != null && failedAt <= start.micros() && lostNode(start.attempt()) == null;
  }

  /** The node whose loss led to this attempt, as its owner told. */
  @Nullable String lostNode(int attempt) {
    Raise raise = raises == null ? null : raises.get(attempt);
    return raise == null ? null : raise.lostNode();
  }

  /** When its owner told of the raise to this attempt; 0 if nobody did. */
  long raisedAt(int attempt) {
    Raise raise = raises == null ? null : raises.get(attempt);
    return raise == null ? 0 : raise.micros();
  }

  boolean started(int attempt, String node) {
    return starts.stream()
        .anyMatch(start -> start.attempt() == attempt && start.node().equals(node));
  }

  /** When an attempt was started; the end of time if it never was. */
  long startOf(int attempt) {
    return starts.stream()
        .filter(start -> start.attempt() == attempt)
        .mapToLong(Start::micros)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  int newestStart() {
    return starts.stream().mapToInt(Start::attempt).max().orElse(0);
  }

  /**
   * What an owner has recorded in another way than it was shown; null if nothing. By which attempt
   * counts only of what one has returned.
   */
  @Nullable String otherSettled() {
    String shown = outcome;
    String recorded = settled;
    if (shown == null || recorded == null) {
      return null;
    }
    String state = shown.split(" ", 2)[0];
    boolean same =
        state.equals(TaskState.SUCCEEDED.text())
            ? recorded.equals(settle(state, won))
            : recorded.startsWith(state + " ");
    return same ? null : recorded;
  }

  /** What an owner has recorded. */
  static String settle(String state, int attempt) {
    return state + " by attempt " + attempt;
  }

  /** When it had ended at the latest, as far as anybody told while it was so. */
  long knownEnd(long loadEnded) {
    // Who looks at the very end finds what may have ended long before.
    long shown = outcomeAt <= loadEnded ? outcomeAt : startOf(won);
    return Math.min(Math.min(shown, settledAt), toldEndedAt());
  }

  /** For people. */
  String story() {
    return "submitted on %s; started: %s; outcome: %s"
        .formatted(
            owner,
            starts.isEmpty()
                ? "never"
                : starts.stream()
                    .map(start -> start.attempt() + " on " + start.node())
                    .collect(Collectors.joining(", ")),
            outcome == null ? "none" : outcome);
  }
}
