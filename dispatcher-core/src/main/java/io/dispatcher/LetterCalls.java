package io.dispatcher;

import io.dispatcher.LetterCodec.Ask;
import io.dispatcher.LetterCodec.Told;
import io.dispatcher.LetterCodec.Verb;
import io.dispatcher.LetterDesk.Cursor;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.DeadLetters.Bulk;
import io.dispatcher.task.DeadLetters.Filter;
import io.dispatcher.task.DeadLetters.Page;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Failure;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls about the dead letters of the whole cluster: every front is asked for those that it keeps.
 * Confined to the front's loop.
 */
final class LetterCalls {

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final long LOOK_WITHIN = 2_000_000_000L;
  private static final long ACT_WITHIN = 20_000_000_000L;
  private static final int MOST_OPEN = 64;

  private static final class Question {
    final Set<Peer> awaited = new HashSet<>();
    final List<Told> answers = new ArrayList<>();
    final Consumer<Question> then;
    final CompletableFuture<?> future;

    Question(Consumer<Question> then, CompletableFuture<?> future) {
      this.then = then;
      this.future = future;
    }

    boolean complete() {
      return awaited.isEmpty();
    }
  }

  private final Loop loop;
  private final Peer self;
  private final LetterDesk desk;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Map<Long, Question> open = new HashMap<>();
  private final Set<Peer> fronts = new HashSet<>();
  private long number;

  LetterCalls(Loop loop, Peer self, LetterDesk desk, Channels channels, Callbacks callbacks) {
    this.loop = loop;
    this.self = self;
    this.desk = desk;
    this.channels = channels;
    this.callbacks = callbacks;
  }

  /** Who is in the cluster now. */
  void members(List<Member> members) {
    fronts.clear();
    for (Member member : members) {
      if (Front.drives(member)) {
        fronts.add(member.peer());
      }
    }
    for (Map.Entry<Long, Question> entry : List.copyOf(open.entrySet())) {
      // Whoever left has nothing to say; others adopt what it kept.
      if (entry.getValue().awaited.removeIf(peer -> !peer.equals(self) && !fronts.contains(peer))) {
        closeIfAnswered(entry.getKey());
      }
    }
  }

  // ---------------------------------------------------------------- calls

  void list(DeadLetters.Query query, CompletableFuture<Page> future) {
    Ask ask = new Ask(Verb.LIST, null, query.filter(), query.limit(), query.cursor());
    ask(ask, LOOK_WITHIN, future, question -> complete(future, page(question, query.limit())));
  }

  private static Page page(Question question, int limit) {
    Map<Cursor, DeadLetter> all = new TreeMap<>();
    Cursor known = null;
    boolean more = false;
    long total = 0;
    for (Told told : question.answers) {
      total += told.total();
      told.letters().forEach(letter -> all.put(Cursor.of(letter), letter));
      if (told.more() && !told.letters().isEmpty()) {
        more = true;
        Cursor last = Cursor.of(told.letters().get(told.letters().size() - 1));
        known = known == null || last.compareTo(known) < 0 ? last : known;
      }
    }
    List<DeadLetter> shown = new ArrayList<>();
    Cursor last = null;
    for (Map.Entry<Cursor, DeadLetter> entry : all.entrySet()) {
      // Beyond what a front has told others of its letters may lie between.
      if (shown.size() == limit || (known != null && entry.getKey().compareTo(known) > 0)) {
        more = true;
        break;
      }
      shown.add(entry.getValue());
      last = entry.getKey();
    }
    String next = more && last != null ? last.text() : null;
    return new Page(shown, next, total, question.complete());
  }

  void find(TaskId id, CompletableFuture<Optional<DeadLetter>> future) {
    ask(
        new Ask(Verb.FIND, id, Filter.ALL, 1, null),
        LOOK_WITHIN,
        future,
        question -> {
          for (Told told : question.answers) {
            Block block = told.block();
            if (block != null) {
              complete(future, Optional.of(letter(block, told.payload())));
              return;
            }
          }
          nothing(question, id, future, Optional.empty());
        });
  }

  private static DeadLetter letter(Block block, byte @Nullable [] beside) {
    TaskEntry entry = block.entry(0);
    Value payload = entry.payload();
    History history = entry.history();
    byte[] bytes = payload != null && payload.bytes() != null ? payload.bytes() : beside;
    return new DeadLetter(
        Objects.requireNonNull(block.letterOf()).id(),
        entry.profile().type(),
        entry.key(),
        Instant.ofEpochMilli(block.createdAt()),
        Instant.ofEpochMilli(block.createdAt() + Letters.KEPT_MILLIS),
        entry.attempt(),
        Objects.requireNonNullElse(entry.failure(), new Failure("", "", "", "", entry.attempt())),
        payload == null ? 0 : payload.size(),
        history == null ? List.of() : history.attempts(),
        bytes);
  }

  void retry(TaskId id, CompletableFuture<Optional<TaskId>> future) {
    ask(
        new Ask(Verb.RETRY, id, Filter.ALL, 1, null),
        ACT_WITHIN,
        future,
        question -> {
          for (Told told : question.answers) {
            TaskId retried = told.retried();
            String refusal = told.refusal();
            if (retried != null) {
              complete(future, Optional.of(retried));
              return;
            } else if (refusal != null) {
              fail(
                  future,
                  new TaskRefused(
                      TaskRefused.Reason.OVERLOADED,
                      "the dead letter of task " + id.text() + " was not retried: " + refusal,
                      null));
              return;
            }
          }
          nothing(question, id, future, Optional.empty());
        });
  }

  void delete(TaskId id, CompletableFuture<Boolean> future) {
    ask(
        new Ask(Verb.DELETE, id, Filter.ALL, 1, null),
        ACT_WITHIN,
        future,
        question -> {
          if (question.answers.stream().anyMatch(told -> told.done() > 0)) {
            complete(future, true);
            return;
          }
          for (Told told : question.answers) {
            String refusal = told.refusal();
            if (refusal != null) {
              fail(
                  future,
                  new DispatcherException(
                      "the dead letter of task " + id.text() + " was not deleted: " + refusal));
              return;
            }
          }
          nothing(question, id, future, false);
        });
  }

  void retryAll(Filter filter, CompletableFuture<Bulk> future) {
    many(Verb.RETRY, filter, future);
  }

  void deleteAll(Filter filter, CompletableFuture<Bulk> future) {
    many(Verb.DELETE, filter, future);
  }

  private void many(Verb verb, Filter filter, CompletableFuture<Bulk> future) {
    int share = Math.max(1, DeadLetters.MAX_BULK / Math.max(1, fronts.size()));
    ask(
        new Ask(verb, null, filter, share, null),
        ACT_WITHIN,
        future,
        question -> {
          int done = 0;
          int refused = 0;
          long more = 0;
          for (Told told : question.answers) {
            done += told.done();
            refused += told.refused();
            more += told.total();
          }
          complete(future, new Bulk(done, refused, more, question.complete()));
        });
  }

  /** Nobody has it; unless one that did not answer does. */
  private <T> void nothing(Question question, TaskId id, CompletableFuture<T> future, T none) {
    if (question.complete()) {
      complete(future, none);
    } else {
      fail(
          future,
          new DispatcherException(
              "whether there is a dead letter of task "
                  + id.text()
                  + " cannot be told now: "
                  + names(question.awaited)
                  + " did not answer; ask again"));
    }
  }

  private static String names(Set<Peer> peers) {
    return String.join(", ", peers.stream().map(Peer::node).sorted().toList());
  }

  private <T> void complete(CompletableFuture<T> future, T value) {
    callbacks.add(() -> future.complete(value));
  }

  private void fail(CompletableFuture<?> future, DispatcherException why) {
    callbacks.add(() -> future.completeExceptionally(why));
  }

  // ---------------------------------------------------------------- fronts

  private void ask(Ask ask, long within, CompletableFuture<?> future, Consumer<Question> then) {
    if (open.size() >= MOST_OPEN) {
      fail(
          future,
          new DispatcherException(
              "node "
                  + self.node()
                  + " has "
                  + MOST_OPEN
                  + " questions about dead letters open; ask again in a moment"));
      return;
    }
    String cursor = ask.cursor();
    if (cursor != null) {
      try {
        Cursor.of(cursor);
      } catch (IllegalArgumentException malformed) {
        fail(future, new DispatcherException(String.valueOf(malformed.getMessage())));
        return;
      }
    }
    long mine = ++number;
    Question question = new Question(then, future);
    open.put(mine, question);
    question.awaited.addAll(fronts);
    question.awaited.add(self);
    byte[] bytes = LetterCodec.encode(ask);
    for (Peer front : List.copyOf(question.awaited)) {
      if (!front.equals(self)) {
        channels.to(front, Role.FRONT).send(new Message.LetterAsk(mine, bytes));
      }
    }
    loop.after(
        within,
        () -> {
          close(mine);
          callbacks.flush();
        });
    desk.answer(ask, told -> told(self, mine, told));
  }

  void asked(Peer from, Message.LetterAsk asked) {
    Ask ask;
    try {
      ask = LetterCodec.ask(asked.ask());
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} asks something of dead letters: {1}", from, e.getMessage());
      return;
    }
    desk.answer(
        ask,
        told ->
            channels
                .to(from, Role.FRONT)
                .send(new Message.LetterTold(asked.question(), LetterCodec.encode(told))));
  }

  void told(Peer from, Message.LetterTold message) {
    try {
      told(from, message.question(), LetterCodec.told(message.told()));
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} tells something of dead letters: {1}", from, e.getMessage());
    }
  }

  private void told(Peer from, long question, Told told) {
    Question asked = open.get(question);
    if (asked != null && asked.awaited.remove(from)) {
      asked.answers.add(told);
      closeIfAnswered(question);
      callbacks.flush();
    }
  }

  private void closeIfAnswered(long question) {
    Question asked = open.get(question);
    if (asked != null && asked.complete()) {
      close(question);
    }
  }

  private void close(long question) {
    Question asked = open.remove(question);
    if (asked != null) {
      asked.then.accept(asked);
    }
  }

  /** Tells whoever waits that this front is gone. */
  void abandon(DispatcherException why) {
    open.values().forEach(asked -> fail(asked.future, why));
    open.clear();
  }
}
