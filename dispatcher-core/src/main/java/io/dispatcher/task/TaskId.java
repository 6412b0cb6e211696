package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * The name of one accepted task, for ever unique. Opaque: its first character, a letter, tells the
 * form, and nobody but Dispatcher should read more out of it.
 *
 * @param text 1 to {@value TaskLimits#MAX_ID_CHARS} characters of {@code A-Z a-z 0-9 _ -}, the
 *     first one a letter; safe in URLs, file names and logs
 */
public record TaskId(String text) implements Serializable {
  /**
   * Checks the text.
   *
   * @throws IllegalArgumentException if the text cannot be a task id
   */
  public TaskId {
    requireNonNull(text, "text");
    int length = text.length();
    if (length == 0 || length > TaskLimits.MAX_ID_CHARS) {
      throw new IllegalArgumentException(
          "A task id has 1 to " + TaskLimits.MAX_ID_CHARS + " characters, not " + length);
    }
    if (!Text.isLetter(text.charAt(0))) {
      throw new IllegalArgumentException(
          "A task id starts with a letter A-Z or a-z, unlike " + Text.quote(text));
    }
    for (int i = 1; i < length; i++) {
      char c = text.charAt(i);
      if (!Text.isLetterOrDigit(c) && c != '_' && c != '-') {
        throw new IllegalArgumentException(
            "A task id has only A-Z a-z 0-9 _ - in it, unlike "
                + Text.quote(text)
                + " at index "
                + i);
      }
    }
  }

  /**
   * Returns the id with this text, as printed by {@link #toString()}.
   *
   * @throws IllegalArgumentException if the text cannot be a task id
   */
  public static TaskId of(String text) {
    return new TaskId(text);
  }

  /** Returns the text itself. */
  @Override
  public String toString() {
    return text;
  }
}
