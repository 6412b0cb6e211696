package io.dispatcher.node.http;

import io.dispatcher.task.TaskLimits;

/** The header field {@code Idempotency-Key}: a quoted string of RFC 8941, or a bare one. */
final class IdempotencyKeys {
  private IdempotencyKeys() {}

  /**
   * Reads the field.
   *
   * @throws Refused if it is no key
   */
  static String read(String field) {
    String text = field.strip();
    String key = text.startsWith("\"") ? unquoted(text) : bare(text);
    if (key.isEmpty() || key.length() > TaskLimits.MAX_KEY_CHARS) {
      throw refused("has " + key.length() + " characters, but must have 1 to 256");
    }
    return key;
  }

  /** The key of one task of a batch that was sent with a key. */
  static String ofItem(String key, int index) {
    String item = key + "/" + index;
    if (item.length() > TaskLimits.MAX_KEY_CHARS) {
      throw refused(
          "is too long for a batch: with the index of a task it must fit in 256 characters");
    }
    return item;
  }

  private static String unquoted(String text) {
    StringBuilder key = new StringBuilder(text.length());
    int last = text.length() - 1;
    for (int i = 1; i < last; i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        c = text.charAt(i);
        if (i == last || (c != '"' && c != '\\')) {
          throw refused("has a backslash before something other than a quote or a backslash");
        }
      } else if (c == '"') {
        throw refused("has a quote inside its quotes");
      }
      key.append(visible(c));
    }
    if (last < 1 || text.charAt(last) != '"') {
      throw refused("begins with a quote and does not end with one");
    }
    return key.toString();
  }

  private static String bare(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = visible(text.charAt(i));
      if (c == ' ' || c == '"' || c == ',' || c == ';') {
        throw refused("has a space, quote, comma or semicolon in it; put it into quotes");
      }
    }
    return text;
  }

  private static char visible(char c) {
    if (c < ' ' || c >= 0x7f) {
      throw refused("has a character that is not visible ASCII");
    }
    return c;
  }

  private static Refused refused(String why) {
    return new Refused(Problem.malformed("the header field Idempotency-Key " + why));
  }
}
