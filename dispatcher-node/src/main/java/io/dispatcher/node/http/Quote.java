package io.dispatcher.node.http;

/** Quotes what a caller sent, for a message: cut, and without what could break a line. */
final class Quote {
  private static final int MAX_CHARS = 80;

  private Quote() {}

  static String of(String text) {
    StringBuilder quoted = new StringBuilder(Math.min(text.length(), MAX_CHARS) + 3).append('\'');
    int end = Math.min(text.length(), MAX_CHARS);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      boolean plain = c >= ' ' && c != 0x7f && !Character.isISOControl(c) && !isOdd(c);
      quoted.append(plain ? c : '?');
    }
    return quoted.append(end < text.length() ? "…'" : "'").toString();
  }

  private static boolean isOdd(char c) {
    return Character.isSurrogate(c) || c == '\u2028' || c == '\u2029';
  }
}
