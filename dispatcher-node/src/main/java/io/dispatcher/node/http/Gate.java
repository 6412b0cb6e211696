package io.dispatcher.node.http;

import io.dispatcher.node.config.HttpConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask. With a token: who sends it. Without one the door is on a loopback address, and the
 * danger is a browser on this machine that shows a foreign page: the host must be a loopback name,
 * so that no foreign name that resolves to us gets in, and no foreign page may post.
 */
final class Gate {
  private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.\\d{1,3}){3}");

  private final @Nullable Token token;
  private final String bind;

  /** Thread-safe. */
  Gate(HttpConfig config) {
    this.token = Token.of(config.token(), "http.token", "the header field");
    this.bind = config.bind();
  }

  /**
   * Refuses to open a door that anybody could walk through.
   *
   * @throws IllegalStateException if the address is not a loopback one and there is no token
   */
  static void check(HttpConfig config) {
    String token = config.token();
    if (token != null) {
      if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
        throw new IllegalStateException(
            "http.token must have 1 or more visible ASCII characters and no space: it travels in a"
                + " header field");
      }
      return;
    }
    InetAddress address;
    try {
      address = InetAddress.getByName(config.bind());
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "http.bind is "
              + config.bind()
              + ", which is no address of this machine; name one, such as 127.0.0.1",
          e);
    }
    if (!address.isLoopbackAddress()) {
      throw new IllegalStateException(
          "http.bind is "
              + config.bind()
              + ", which other machines may reach, and there is no http.token; set http.token, or"
              + " bind to 127.0.0.1");
    }
  }

  /**
   * Lets the request pass.
   *
   * @throws Refused if it may not
   */
  void check(RequestHead head, Route route) {
    Token expected = token;
    if (expected != null) {
      if (!route.open()) {
        expected.check(head.authorization());
      }
    } else {
      checkLocal(head);
    }
  }

  private void checkLocal(RequestHead head) {
    String host = head.host();
    if (host != null && !isLoopback(withoutPort(host))) {
      throw new Refused(
          Problem.of(
              421,
              "wrong-host",
              "Not the host that was meant",
              "this door is open to its own machine only, under a loopback name such as localhost,"
                  + " not as "
                  + Quote.of(host)));
    }
    if (head.method().equals("GET") || head.method().equals("HEAD")) {
      return;
    }
    String site = head.fetchSite();
    boolean foreign = site != null && !site.equals("same-origin") && !site.equals("none");
    String origin = head.origin();
    if (foreign || (origin != null && !isOwn(origin, host))) {
      throw new Refused(
          Problem.of(
              403,
              "cross-site",
              "Not from a foreign page",
              "a browser sent this for a page of another site; set http.token to let programs in"));
    }
  }

  private static boolean isOwn(String origin, @Nullable String host) {
    return host != null
        && (origin.equalsIgnoreCase("http://" + host)
            || origin.equalsIgnoreCase("https://" + host));
  }

  private boolean isLoopback(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.equals("localhost")
        || lower.endsWith(".localhost")
        || lower.equals("[::1]")
        || lower.equals("[0:0:0:0:0:0:0:1]")
        || LOOPBACK_V4.matcher(lower).matches()
        || lower.equalsIgnoreCase(bind);
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }
}
