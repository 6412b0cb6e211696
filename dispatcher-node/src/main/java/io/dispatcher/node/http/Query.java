package io.dispatcher.node.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the query of a request target: names once each, escapes in strict UTF-8. */
final class Query {
  private static final int MAX_PARAMETERS = 50;

  private Query() {}

  /**
   * Reads the parameters, in their order.
   *
   * @throws Refused if they are malformed or one is there twice
   */
  static Map<String, String> read(@Nullable String query) {
    if (query == null || query.isEmpty()) {
      return Map.of();
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    int from = 0;
    while (from <= query.length()) {
      int end = query.indexOf('&', from);
      end = end < 0 ? query.length() : end;
      int equals = query.indexOf('=', from);
      boolean valued = equals >= 0 && equals < end;
      String name = decoded(query.substring(from, valued ? equals : end));
      String value = valued ? decoded(query.substring(equals + 1, end)) : "";
      if (name.isEmpty()) {
        throw refused("the query has a parameter without a name");
      }
      if (parameters.put(name, value) != null) {
        throw refused("the parameter " + Quote.of(name) + " is there twice");
      }
      if (parameters.size() > MAX_PARAMETERS) {
        throw refused("more than " + MAX_PARAMETERS + " parameters");
      }
      from = end + 1;
    }
    return parameters;
  }

  private static String decoded(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    byte[] bytes = new byte[text.length()];
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
        int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          throw refused("the query has a percent sign without two hexadecimal digits");
        }
        bytes[length++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        bytes[length++] = (byte) (c == '+' ? ' ' : c);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw refused("the query has escapes that are no UTF-8");
    }
  }

  private static Refused refused(String detail) {
    return new Refused(Problem.malformed(detail));
  }
}
