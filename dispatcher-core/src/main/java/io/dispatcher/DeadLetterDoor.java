package io.dispatcher;

import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.TaskId;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/** The dead letters as a dispatcher shows them. Thread-safe. */
final class DeadLetterDoor implements DeadLetters {

  /** Runs a call on the front's loop. */
  interface Front {
    <T> CompletionStage<T> call(BiConsumer<LetterCalls, CompletableFuture<T>> call);
  }

  private final Front front;

  DeadLetterDoor(Front front) {
    this.front = front;
  }

  @Override
  public CompletionStage<Page> list(Query query) {
    Objects.requireNonNull(query, "query");
    return front.<Page>call((calls, future) -> calls.list(query, future));
  }

  @Override
  public CompletionStage<Optional<DeadLetter>> find(TaskId id) {
    Objects.requireNonNull(id, "id");
    return front.<Optional<DeadLetter>>call((calls, future) -> calls.find(id, future));
  }

  @Override
  public CompletionStage<Optional<TaskId>> retry(TaskId id) {
    Objects.requireNonNull(id, "id");
    return front.<Optional<TaskId>>call((calls, future) -> calls.retry(id, future));
  }

  @Override
  public CompletionStage<Boolean> delete(TaskId id) {
    Objects.requireNonNull(id, "id");
    return front.<Boolean>call((calls, future) -> calls.delete(id, future));
  }

  @Override
  public CompletionStage<Bulk> retryAll(Filter filter) {
    Objects.requireNonNull(filter, "filter");
    return front.<Bulk>call((calls, future) -> calls.retryAll(filter, future));
  }

  @Override
  public CompletionStage<Bulk> deleteAll(Filter filter) {
    Objects.requireNonNull(filter, "filter");
    return front.<Bulk>call((calls, future) -> calls.deleteAll(filter, future));
  }
}
