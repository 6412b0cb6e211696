package io.dispatcher.task;

import java.time.Duration;

/** Checks and cuts of text that the types of this package share. */
final class Text {
  private static final int QUOTED_CHARS = 120;

  private Text() {}

  static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  static boolean isLetterOrDigit(char c) {
    return isLetter(c) || (c >= '0' && c <= '9');
  }

  /** Returns the text in quotes for a message: cut, and without control characters. */
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder().append('"');
    String kept = cutChars(text, QUOTED_CHARS);
    for (int i = 0; i < kept.length(); i++) {
      char c = kept.charAt(i);
      quoted.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
    }
    return quoted.append(kept.length() < text.length() ? "…\"" : "\"").toString();
  }

  /** Returns the longest prefix of at most {@code max} chars that splits no surrogate pair. */
  static String cutChars(String text, int max) {
    return text.length() <= max ? text : text.substring(0, boundary(text, max));
  }

  /**
   * Returns the longest prefix of whole characters whose UTF-8 form has at most {@code max} bytes.
   */
  static String cutBytes(String text, int max) {
    int bytes = 0;
    int end = 0;
    while (end < text.length()) {
      int codePoint = text.codePointAt(end);
      bytes += utf8Bytes(codePoint);
      if (bytes > max) {
        return text.substring(0, end);
      }
      end += Character.charCount(codePoint);
    }
    return text;
  }

  /** Returns the index of the first surrogate without its other half, or -1. */
  static int unpairedSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  /** Returns a duration as people write it: {@code 250 ms}, {@code 1.5 s}, {@code 10 min}. */
  static String duration(Duration duration) {
    if (duration.getNano() % 1_000_000 != 0 || duration.isNegative()) {
      return duration.toString();
    }
    long seconds = duration.getSeconds();
    int millis = duration.getNano() / 1_000_000;
    if (millis != 0) {
      return seconds == 0 ? millis + " ms" : seconds + String.format(".%03d s", millis);
    }
    if (seconds != 0 && seconds % 86_400 == 0) {
      return seconds / 86_400 + " d";
    }
    if (seconds != 0 && seconds % 3_600 == 0) {
      return seconds / 3_600 + " h";
    }
    return seconds != 0 && seconds % 60 == 0 ? seconds / 60 + " min" : seconds + " s";
  }

  private static int boundary(String text, int end) {
    boolean splits =
        end > 0
            && Character.isHighSurrogate(text.charAt(end - 1))
            && Character.isLowSurrogate(text.charAt(end));
    return splits ? end - 1 : end;
  }

  private static int utf8Bytes(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    if (codePoint < 0x800) {
      return 2;
    }
    return codePoint < 0x10000 ? 3 : 4;
  }
}
