package io.dispatcher.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call until a front has answered it: no answer, a front that does not take tasks now, or
 * something between that breaks, and it goes to the next one. Each try is the same call with the
 * same idempotency key, so that it does not matter which of them arrived.
 */
final class Asking {
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;

  private final RemoteTaskClient client;
  private final Call call;
  private final Duration atMost;
  private final long begun = System.nanoTime();
  private final CompletableFuture<Answered> done = new CompletableFuture<>();
  private int tries;
  private int unable;
  private boolean maybe;

  /**
   * The answer.
   *
   * @param repeated whether an earlier try may have arrived too, so that a refusal says nothing
   *     about that one
   */
  record Answered(Answer answer, boolean repeated) {}

  private Asking(RemoteTaskClient client, Call call) {
    this.client = client;
    this.call = call;
    this.atMost = call.allowed().plus(client.bounds().answer());
  }

  /** Fails with {@link NoAnswer}, or because the client is closed. */
  static CompletableFuture<Answered> ask(RemoteTaskClient client, Call call) {
    Asking asking = new Asking(client, call);
    asking.next();
    return asking.done;
  }

  private void next() {
    if (client.isClosed()) {
      done.completeExceptionally(client.closedError());
      return;
    }
    tries++;
    CompletionStage<Answer> sent;
    try {
      sent = client.send(call, atMost);
    } catch (RuntimeException e) {
      sent = CompletableFuture.failedFuture(e);
    }
    sent.whenComplete(this::answered);
  }

  private void answered(@Nullable Answer answer, @Nullable Throwable error) {
    if (answer == null) {
      failed(error == null ? new IllegalStateException("no answer") : inner(error));
    } else if (broken(answer)) {
      failed(new IllegalStateException("answered " + answer.status() + " " + problem(answer)));
    } else if (isAnotherTryWorth(answer.status())) {
      again();
    } else {
      done.complete(new Answered(answer, maybe));
    }
  }

  /** That front does not take tasks now, or cannot know the outcome: another may. */
  private boolean isAnotherTryWorth(int status) {
    if (status == 503 && ++unable < client.fronts()) {
      return true;
    }
    boolean later = status == 503 || status == 429;
    return later && (!submits() || maybe) && !outOfPatience();
  }

  private void failed(Throwable why) {
    maybe |= !(why instanceof Unreachable);
    if (!moreFronts() && outOfPatience()) {
      done.completeExceptionally(new NoAnswer(maybe, why));
    } else {
      again();
    }
  }

  private void again() {
    // The next front at once; the same ones again after a pause that grows.
    int rounds = tries / Math.max(1, client.fronts());
    long longest =
        rounds == 0 ? 1 : Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(rounds, 8));
    long pause = longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1);
    CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS, Runnable::run)
        .execute(this::next);
  }

  private boolean submits() {
    return call instanceof Call.Submit || call instanceof Call.Batch;
  }

  private boolean moreFronts() {
    return tries < client.fronts();
  }

  private boolean outOfPatience() {
    return System.nanoTime() - begun >= client.bounds().patience().toNanos();
  }

  /** An error on the way or inside the front, unlike the outcome of a task told as one. */
  private boolean broken(Answer answer) {
    return answer.status() >= 500
        && answer.status() != 503
        && !(call instanceof Call.Result && Problem.of(answer).taskId() != null);
  }

  private static String problem(Answer answer) {
    return Problem.of(answer).detail();
  }

  static Throwable inner(Throwable error) {
    Throwable cause = error.getCause();
    boolean wrapper = error instanceof CompletionException || error instanceof ExecutionException;
    return wrapper && cause != null ? inner(cause) : error;
  }
}
