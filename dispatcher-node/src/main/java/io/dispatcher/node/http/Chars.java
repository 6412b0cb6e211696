package io.dispatcher.node.http;

/** A set of ASCII characters; no other character is ever in it. */
final class Chars {
  private static final String LETTERS_AND_DIGITS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  /** What the name of a header field or method is made of: {@code tchar} of RFC 9110. */
  static final Chars TOKEN = of(LETTERS_AND_DIGITS + "!#$%&'*+-.^_`|~");

  /** What a host with a port is made of, also in brackets. */
  static final Chars HOST = of(LETTERS_AND_DIGITS + ".-_:[]~%");

  /** What path and query are made of: those of RFC 3986, and brackets, which many send as such. */
  static final Chars TARGET = of(LETTERS_AND_DIGITS + "-._~:/?[]@!$&'()*+,;=%");

  private final boolean[] in = new boolean[128];

  private Chars() {}

  private static Chars of(String all) {
    Chars chars = new Chars();
    for (int i = 0; i < all.length(); i++) {
      chars.in[all.charAt(i)] = true;
    }
    return chars;
  }

  /** Whether the text is made of these characters alone. */
  boolean make(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 128 || !in[c]) {
        return false;
      }
    }
    return true;
  }
}
