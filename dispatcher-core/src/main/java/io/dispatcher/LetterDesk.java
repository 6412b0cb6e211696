package io.dispatcher;

import io.dispatcher.LetterCodec.Ask;
import io.dispatcher.LetterCodec.Told;
import io.dispatcher.Letters.Letter;
import io.dispatcher.cluster.Loop;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Codec;
import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters.Filter;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers what is asked of the dead letters that this front keeps. Confined to its loop. */
final class LetterDesk {

  private static final int AT_ONCE = 16;
  private static final long PATIENCE = 1_000_000_000L;
  private static final String MOVED = "it is another front's by now; repeat the call";

  private final Loop loop;
  private final Letters letters;
  private final Intake intake;

  LetterDesk(Loop loop, Letters letters, Intake intake) {
    this.loop = loop;
    this.letters = letters;
    this.intake = intake;
  }

  void answer(Ask ask, Consumer<Told> then) {
    TaskId id = ask.id();
    switch (ask.verb()) {
      case LIST -> then.accept(list(ask));
      case FIND -> find(one(id), then);
      case RETRY -> {
        if (id != null) {
          retryOne(one(id), then);
        } else {
          many(ask, this::retry, then);
        }
      }
      case DELETE -> {
        if (id != null) {
          deleteOne(one(id), then);
        } else {
          many(ask, this::delete, then);
        }
      }
    }
  }

  private @Nullable Letter one(@Nullable TaskId id) {
    TaskRef task = id == null ? null : TaskRef.of(id).orElse(null);
    return task == null ? null : letters.find(task);
  }

  // ---------------------------------------------------------------- list, find

  private Told list(Ask ask) {
    List<DeadLetter> page = new ArrayList<>();
    long matching = 0;
    boolean more = false;
    long now = loop.wallMillis();
    String cursor = ask.cursor();
    for (Iterator<Letter> all = letters.newestFirst(); all.hasNext(); ) {
      Letter letter = all.next();
      if (!matches(letter, ask.filter(), now)) {
        continue;
      }
      matching++;
      if (cursor == null || Cursor.of(shown(letter)).isAfter(cursor)) {
        if (page.size() < ask.limit()) {
          page.add(shown(letter));
        } else {
          more = true;
        }
      }
    }
    return new Told(page, more, matching, 0, null, null, 0, null, null);
  }

  private static boolean matches(Letter letter, Filter filter, long now) {
    String type = filter.type();
    String error = filter.error();
    Duration older = filter.olderThan();
    Duration younger = filter.youngerThan();
    long age = now - letter.failedAt();
    return (type == null || type.equals(letter.type()))
        && (error == null
            || letter
                .failure()
                .summary()
                .toLowerCase(Locale.ROOT)
                .contains(error.toLowerCase(Locale.ROOT)))
        && (older == null || age >= older.toMillis())
        && (younger == null || age <= younger.toMillis());
  }

  private static DeadLetter shown(Letter letter) {
    return new DeadLetter(
        letter.task().id(),
        letter.type(),
        letter.key(),
        Instant.ofEpochMilli(letter.failedAt()),
        Instant.ofEpochMilli(letter.failedAt() + Letters.KEPT_MILLIS),
        letter.attempts(),
        letter.failure(),
        letter.payloadBytes(),
        List.of(),
        null);
  }

  private void find(@Nullable Letter letter, Consumer<Told> then) {
    if (letter == null) {
      then.accept(Told.NOTHING);
      return;
    }
    letters.read(
        letter,
        block -> {
          if (block == null) {
            then.accept(Told.NOTHING);
            return;
          }
          letters.payload(
              block,
              bytes -> {
                Value payload = block.entry(0).payload();
                boolean inline = payload != null && payload.stored() == null;
                then.accept(
                    new Told(List.of(), false, 0, 0, null, null, 0, block, inline ? null : bytes));
              });
        });
  }

  // ---------------------------------------------------------------- retry, delete

  /** What became of one: the new task, or why there is none. */
  private record Done(@Nullable TaskId retried, @Nullable String refusal) {}

  private interface Act {
    void on(Letter letter, Consumer<Done> then);
  }

  private void retryOne(@Nullable Letter letter, Consumer<Told> then) {
    if (letter == null) {
      then.accept(Told.NOTHING);
      return;
    }
    retry(letter, done -> then.accept(told(done)));
  }

  private static Told told(Done done) {
    boolean refused = done.refusal() != null;
    return new Told(
        List.of(),
        false,
        0,
        refused ? 0 : 1,
        done.retried(),
        done.refusal(),
        refused ? 1 : 0,
        null,
        null);
  }

  private void deleteOne(@Nullable Letter letter, Consumer<Told> then) {
    if (letter == null) {
      then.accept(Told.NOTHING);
    } else {
      delete(letter, done -> then.accept(told(done)));
    }
  }

  private void delete(Letter letter, Consumer<Done> then) {
    letters.delete(letter, deleted -> then.accept(new Done(null, deleted ? null : MOVED)));
  }

  private void many(Ask ask, Act act, Consumer<Told> then) {
    Queue<Letter> line = new ArrayDeque<>();
    long left = 0;
    long now = loop.wallMillis();
    for (Iterator<Letter> all = letters.oldestFirst(); all.hasNext(); ) {
      Letter letter = all.next();
      if (matches(letter, ask.filter(), now)) {
        if (line.size() < ask.limit()) {
          line.add(letter);
        } else {
          left++;
        }
      }
    }
    new Bulk(line, left, act, then).start();
  }

  /** A call for many, some at a time. */
  private static final class Bulk {
    private final Queue<Letter> line;
    private final long left;
    private final Act act;
    private final Consumer<Told> then;
    private int open;
    private int done;
    private int refused;

    Bulk(Queue<Letter> line, long left, Act act, Consumer<Told> then) {
      this.line = line;
      this.left = left;
      this.act = act;
      this.then = then;
    }

    void start() {
      // Held open while the first ones go out: they may be done at once.
      open = 1;
      for (int i = 0; i < AT_ONCE; i++) {
        next();
      }
      ended();
    }

    private void next() {
      Letter letter = line.poll();
      if (letter != null) {
        open++;
        act.on(
            letter,
            result -> {
              if (result.refusal() == null) {
                done++;
              } else {
                refused++;
              }
              next();
              ended();
            });
      }
    }

    private void ended() {
      if (--open == 0) {
        then.accept(Told.counted(done, refused, left));
      }
    }
  }

  private void retry(Letter letter, Consumer<Done> then) {
    letters.read(
        letter,
        block -> {
          if (block == null) {
            then.accept(new Done(null, MOVED));
            return;
          }
          letters.payload(
              block,
              payload -> {
                if (payload == null) {
                  then.accept(
                      new Done(null, "its payload cannot be read now; repeat the call later"));
                } else {
                  submit(letter, block.entry(0).profile(), payload, then);
                }
              });
        });
  }

  private void submit(Letter letter, Profile profile, byte[] payload, Consumer<Done> then) {
    Handle<byte[]> handle =
        new Handle<>(
            TaskType.of(letter.type(), Codec.bytes(), Codec.bytes()),
            own -> CompletableFuture.completedStage(false));
    handle.detach();
    long now = loop.now();
    Submission submission =
        new Submission(
            handle,
            letter.type(),
            payload,
            options(letter, profile),
            letter.task().id(),
            now,
            now + PATIENCE,
            null);
    handle
        .accepted()
        .whenComplete(
            (id, error) ->
                loop.execute(
                    () -> {
                      if (error == null) {
                        // Should another front keep it now, a repeat of the call finds the task.
                        letters.delete(letter, deleted -> then.accept(new Done(id, null)));
                      } else {
                        then.accept(new Done(null, String.valueOf(error.getMessage())));
                      }
                    }));
    RuntimeException refusal = intake.submit(submission);
    if (refusal != null) {
      then.accept(new Done(null, String.valueOf(refusal.getMessage())));
    }
  }

  /** The same key for the same letter: a repeat of the call finds the task that it has made. */
  private static TaskOptions options(Letter letter, Profile profile) {
    TaskOptions options =
        TaskOptions.DEFAULTS
            .idempotencyKey(
                "retry of " + letter.task().id().text() + "/" + Long.toHexString(letter.nonce()))
            .retries(profile.retries())
            .backoff(profile.backoff())
            .timeLimit(Duration.ofMillis(profile.timeLimitMillis()))
            .priority(profile.priority())
            .retention(Duration.ofMillis(profile.retentionMillis()));
    if (profile.deadlineMillis() != 0) {
      options = options.deadline(Duration.ofMillis(profile.deadlineMillis()));
    }
    if (!profile.requires().isEmpty()) {
      options = options.requires(new TreeSet<>(profile.requires()));
    }
    return letter.key() == null ? options : options.key(letter.key());
  }

  /** Where a page ends: after the failure's time and the task. */
  record Cursor(long failedAt, String task) implements Comparable<Cursor> {

    static Cursor of(DeadLetter letter) {
      return new Cursor(letter.failedAt().toEpochMilli(), letter.id().text());
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Cursor of(String text) {
      int dash = text.indexOf('-');
      try {
        return new Cursor(
            Long.parseLong(text.substring(0, Math.max(0, dash))), text.substring(dash + 1));
      } catch (NumberFormatException malformed) {
        throw new IllegalArgumentException(
            "the cursor " + text + " is none; use the one of the page before", malformed);
      }
    }

    String text() {
      return failedAt + "-" + task;
    }

    /** Newest first. */
    @Override
    public int compareTo(Cursor other) {
      int byTime = Long.compare(other.failedAt, failedAt);
      return byTime != 0 ? byTime : other.task.compareTo(task);
    }

    boolean isAfter(String cursor) {
      return compareTo(of(cursor)) > 0;
    }
  }
}
