package io.dispatcher.node.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Content types of what callers send and what they want. */
final class MediaTypes {
  private static final String BYTES = "application/octet-stream";
  private static final String TEXT = "text/plain";

  private MediaTypes() {}

  /** Whether a body of this type is JSON in UTF-8. */
  static boolean isJson(String contentType) {
    String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
    String type = parts[0].strip();
    if (!type.equals(Json.CONTENT_TYPE)
        && !(type.startsWith("application/") && type.endsWith("+json"))) {
      return false;
    }
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.startsWith("charset=")
          && !parameter.equals("charset=utf-8")
          && !parameter.equals("charset=\"utf-8\"")) {
        return false;
      }
    }
    return true;
  }

  /**
   * The type under which the bytes of a result are served. The node does not know what they are:
   * the caller says so, by what it accepts first, and gets bytes unless that is JSON or text. No
   * type that a browser would run is ever given.
   */
  static String ofResult(@Nullable String accept) {
    if (accept != null) {
      for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
        String type = range.split(";", -1)[0].strip();
        if (type.equals(Json.CONTENT_TYPE) || type.equals(BYTES)) {
          return type;
        }
        if (type.equals(TEXT)) {
          return TEXT + "; charset=utf-8";
        }
      }
    }
    return BYTES;
  }
}
