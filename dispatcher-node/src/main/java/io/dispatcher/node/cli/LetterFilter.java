package io.dispatcher.node.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which dead letters are meant: those for which everything that is set holds. */
final class LetterFilter {

  @Option(names = "--type", paramLabel = "TYPE", description = "of this task type")
  private @Nullable String type;

  @Option(
      names = "--error",
      paramLabel = "TEXT",
      description = "with this text in the type or the message of the failure")
  private @Nullable String error;

  @Option(
      names = "--older-than",
      paramLabel = "TIME",
      description = "failed at least this long ago: 30s, 2h, 1d")
  private @Nullable String olderThan;

  @Option(
      names = "--younger-than",
      paramLabel = "TIME",
      description = "failed at most this long ago")
  private @Nullable String youngerThan;

  boolean isEmpty() {
    return type == null && error == null && olderThan == null && youngerThan == null;
  }

  /** As the query of a path; with a parameter at least. */
  String query(String first) {
    StringJoiner query = new StringJoiner("&", "?", "");
    query.add(first);
    add(query, "type", type);
    add(query, "error", error);
    add(query, "olderThan", olderThan);
    add(query, "youngerThan", youngerThan);
    return query.toString();
  }

  private static void add(StringJoiner query, String name, @Nullable String value) {
    if (value != null) {
      query.add(name + "=" + encoded(value));
    }
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
  }
}
