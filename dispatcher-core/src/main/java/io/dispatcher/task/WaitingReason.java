package io.dispatcher.task;

import java.util.Locale;

/** What a {@linkplain TaskState#WAITING waiting} task waits for. */
public enum WaitingReason {
  /** Its {@code notBefore} is still to come. */
  DELAYED,
  /** An attempt failed and the time until the retry is not over. */
  BACKOFF,
  /** No live node handles its type. */
  NO_HANDLER,
  /** Nodes handle its type, but none of them has the labels it asks for. */
  NO_LABEL,
  /** Every worker that could run it is full. */
  ALL_FULL,
  /** An earlier task of its key is not finished. */
  ORDER,
  /** Another task holds something it reads or writes. */
  ACCESS;

  /** Returns the reason as it is shown at every door: lower case with dashes, {@code all-full}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the reason with this {@link #text()}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static WaitingReason of(String text) {
    for (WaitingReason reason : values()) {
      if (reason.text().equals(text)) {
        return reason;
      }
    }
    throw new IllegalArgumentException("There is no waiting reason " + Text.quote(text));
  }
}
