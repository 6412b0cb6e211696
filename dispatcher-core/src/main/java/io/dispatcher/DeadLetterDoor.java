package io.dispatcher;

import io.dispatcher.task.DeadLetter;
import io.dispatcher.task.DeadLetters;
import io.dispatcher.task.TaskId;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The dead letters as a dispatcher shows them. Thread-safe. */
final class DeadLetterDoor implements DeadLetters {

  private final LibraryDoor door;

  DeadLetterDoor(LibraryDoor door) {
    this.door = door;
  }

  @Override
  public CompletionStage<Page> list(Query query) {
    Objects.requireNonNull(query, "query");
    return door.<Page>ask((front, future) -> front.letters().list(query, future));
  }

  @Override
  public CompletionStage<Optional<DeadLetter>> find(TaskId id) {
    Objects.requireNonNull(id, "id");
    return door.<Optional<DeadLetter>>ask((front, future) -> front.letters().find(id, future));
  }

  @Override
  public CompletionStage<Optional<TaskId>> retry(TaskId id) {
    Objects.requireNonNull(id, "id");
    return door.<Optional<TaskId>>ask((front, future) -> front.letters().retry(id, future));
  }

  @Override
  public CompletionStage<Boolean> delete(TaskId id) {
    Objects.requireNonNull(id, "id");
    return door.<Boolean>ask((front, future) -> front.letters().delete(id, future));
  }

  @Override
  public CompletionStage<Bulk> retryAll(Filter filter) {
    Objects.requireNonNull(filter, "filter");
    return door.<Bulk>ask((front, future) -> front.letters().retryAll(filter, future));
  }

  @Override
  public CompletionStage<Bulk> deleteAll(Filter filter) {
    Objects.requireNonNull(filter, "filter");
    return door.<Bulk>ask((front, future) -> front.letters().deleteAll(filter, future));
  }
}
