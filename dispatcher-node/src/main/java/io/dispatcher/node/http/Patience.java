package io.dispatcher.node.http;

import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How long a call waits for an outcome: by its parameter, else by what it prefers, else not. */
final class Patience {
  private static final CharSequence APPLIED = HttpHeaders.createOptimized("preference-applied");

  private Patience() {}

  /** The wait of a call that takes no other parameter. */
  static Duration alone(Exchange exchange) {
    RequestHead head = exchange.head();
    Duration asked = parameter(Query.read(head.query()), "");
    return of(exchange, asked, Preference.of(head.prefer()));
  }

  /**
   * The parameter, where there may be no other.
   *
   * @param why there may be no other
   */
  static @Nullable Duration parameter(Map<String, String> query, String why) {
    Duration wait = null;
    for (Map.Entry<String, String> parameter : query.entrySet()) {
      if (!parameter.getKey().equals("wait")) {
        throw new Refused(
            Problem.malformed(
                Wanted.unknown("parameter", parameter.getKey(), List.of("wait")) + why));
      }
      try {
        wait = Durations.parse("wait", parameter.getValue());
      } catch (IllegalArgumentException e) {
        throw new Refused(Problem.invalid(String.valueOf(e.getMessage())));
      }
    }
    return wait;
  }

  /** The wait; what is longer than the door allows is cut. */
  static Duration of(Exchange exchange, @Nullable Duration asked, Preference preference) {
    Duration longest = exchange.loop().door().config().limits().longestWait();
    Duration wanted = asked == null ? preference.patience() : asked;
    if (wanted == null) {
      return Duration.ZERO;
    }
    Duration applied = wanted.compareTo(longest) > 0 ? longest : wanted;
    if (asked == null) {
      exchange.header(APPLIED, applied.isZero() ? "respond-async" : "wait=" + applied.toSeconds());
    }
    return applied;
  }
}
