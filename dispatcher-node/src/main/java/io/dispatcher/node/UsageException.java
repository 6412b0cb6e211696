package io.dispatcher.node;

/**
 * The user asked for something that does not exist or is out of range; one line says what and what
 * would do.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With what is wrong and what would do. */
  public UsageException(String message) {
    super(message);
  }

  /** Throws unless the value is within its range. */
  public static void checkRange(String option, long value, long min, long max) {
    if (value < min || value > max) {
      throw new UsageException(option + " is " + value + ", it must be " + min + " to " + max);
    }
  }
}
