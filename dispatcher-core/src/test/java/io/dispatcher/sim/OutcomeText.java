package io.dispatcher.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Value;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskState;

/** Outcomes in words, the same for what a handle shows and for what the ledger holds. */
final class OutcomeText {

  private OutcomeText() {}

  static String of(TaskEntry entry) {
    String text = entry.state().text();
    Value result = entry.result();
    Failure failure = entry.failure();
    if (entry.state() == TaskState.SUCCEEDED && result != null) {
      byte[] bytes = result.bytes();
      return text + " " + (bytes == null ? "(" + result.size() + " bytes)" : shorten(bytes));
    }
    return entry.state() == TaskState.FAILED && failure != null
        ? text + " " + failure.message()
        : text;
  }

  static String of(Outcome<String> outcome) {
    String text = outcome.state().text();
    if (outcome instanceof Outcome.Succeeded<String> succeeded) {
      byte[] bytes = succeeded.value().getBytes(UTF_8);
      return text
          + " "
          + (bytes.length > Value.INLINE_LIMIT ? "(" + bytes.length + " bytes)" : shorten(bytes));
    }
    return outcome instanceof Outcome.Failed<String> failed
        ? text + " " + failed.failure().message()
        : text;
  }

  private static String shorten(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    return text.length() <= 60 ? text : text.substring(0, 60) + "... " + text.length();
  }
}
