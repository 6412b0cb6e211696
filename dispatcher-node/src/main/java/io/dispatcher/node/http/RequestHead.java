package io.dispatcher.node.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Line and fields of a request, read once and strictly: what could mean one thing to us and another
 * to a proxy is refused. Fields that we do not know are only counted.
 */
final class RequestHead {
  private static final int MAX_FIELDS = 100;

  /** Header fields that we read; a second one of the same name is refused. */
  private @Nullable String host;

  private @Nullable String authorization;
  private @Nullable String origin;
  private @Nullable String fetchSite;
  private @Nullable String idempotencyKey;
  private @Nullable String prefer;
  private @Nullable String contentType;
  private @Nullable String contentEncoding;
  private @Nullable String accept;
  private @Nullable String ifNoneMatch;
  private @Nullable String expect;
  private @Nullable String transferEncoding;
  private @Nullable String contentLengthText;

  private final String method;
  private final String target;
  private final boolean old;
  private String path = "";
  private @Nullable String query;
  private long contentLength;

  private RequestHead(String method, String target, boolean old) {
    this.method = method;
    this.target = target;
    this.old = old;
  }

  /**
   * Reads the head of a request of HTTP/1.0 or HTTP/1.1.
   *
   * @throws Refused if it is not one that we understand
   */
  static RequestHead read(HttpServerRequest request) {
    RequestHead head =
        new RequestHead(
            request.method().name(), request.uri(), request.version() == HttpVersion.HTTP_1_0);
    int fields = 0;
    for (Map.Entry<String, String> field : request.headers()) {
      if (++fields > MAX_FIELDS) {
        throw new Refused(
            Problem.of(
                431,
                "head-too-large",
                "The head is too large",
                "more than " + MAX_FIELDS + " header fields"));
      }
      head.take(field.getKey(), field.getValue());
    }
    head.checkFraming();
    head.readTarget();
    return head;
  }

  private void take(String name, String value) {
    checkName(name);
    checkValue(name, value);
    switch (name.toLowerCase(Locale.ROOT)) {
      case "host" -> host = once(name, host, value);
      case "authorization" -> authorization = once(name, authorization, value);
      case "origin" -> origin = once(name, origin, value);
      case "sec-fetch-site" -> fetchSite = once(name, fetchSite, value);
      case "idempotency-key" -> idempotencyKey = once(name, idempotencyKey, value);
      case "content-type" -> contentType = once(name, contentType, value);
      case "content-length" -> contentLengthText = once(name, contentLengthText, value);
      case "transfer-encoding" -> transferEncoding = once(name, transferEncoding, value);
      case "expect" -> expect = once(name, expect, value);
      case "content-encoding" -> contentEncoding = joined(contentEncoding, value);
      case "accept" -> accept = joined(accept, value);
      case "prefer" -> prefer = joined(prefer, value);
      case "if-none-match" -> ifNoneMatch = joined(ifNoneMatch, value);
      default -> {
        // Nothing that we read.
      }
    }
  }

  private static String once(String name, @Nullable String before, String value) {
    if (before != null) {
      throw refused("the header field " + name.toLowerCase(Locale.ROOT) + " is there twice");
    }
    return value;
  }

  private static String joined(@Nullable String before, String value) {
    return before == null ? value : before + ", " + value;
  }

  private static void checkName(String name) {
    if (name.isEmpty() || !Chars.TOKEN.make(name)) {
      throw refused("the name of a header field is empty or has a character that none may have");
    }
  }

  private static void checkValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw refused("the header field " + Quote.of(name) + " has a control character in it");
      }
    }
  }

  private void checkFraming() {
    String coding = transferEncoding;
    String length = contentLengthText;
    if (coding != null) {
      if (old) {
        throw refused("HTTP/1.0 has no transfer-encoding");
      }
      if (!coding.equalsIgnoreCase("chunked")) {
        throw refused("the transfer coding " + Quote.of(coding) + " is not known; send chunked");
      }
      if (length != null) {
        throw refused("both content-length and transfer-encoding are there; send one");
      }
      contentLength = -1;
    } else if (length != null) {
      contentLength = digits(length);
    }
    if (host == null ? !old : host.isEmpty() || !Chars.HOST.make(host)) {
      throw refused(
          host == null
              ? "the header field host is missing"
              : "host " + Quote.of(host) + " is none");
    }
  }

  private static long digits(String length) {
    boolean number = !length.isEmpty() && length.length() <= 18;
    for (int i = 0; i < length.length() && number; i++) {
      number = length.charAt(i) >= '0' && length.charAt(i) <= '9';
    }
    if (!number) {
      throw refused("content-length " + Quote.of(length) + " is no length");
    }
    return Long.parseLong(length);
  }

  private void readTarget() {
    String rest = target;
    if (rest.regionMatches(true, 0, "http://", 0, 7)
        || rest.regionMatches(true, 0, "https://", 0, 8)) {
      rest = withoutAuthority(rest);
    }
    boolean star = rest.equals("*") && method.equals("OPTIONS");
    if (!star && !rest.startsWith("/")) {
      throw refused("the request target is no path");
    }
    if (!Chars.TARGET.make(rest)) {
      throw refused("the request target has a character that must be escaped");
    }
    int mark = rest.indexOf('?');
    path = mark < 0 ? rest : rest.substring(0, mark);
    query = mark < 0 ? null : rest.substring(mark + 1);
  }

  /** The absolute form is for proxies, but servers have to take it. */
  private String withoutAuthority(String absolute) {
    int from = absolute.indexOf("//") + 2;
    int slash = absolute.indexOf('/', from);
    int end = slash < 0 ? absolute.length() : slash;
    if (host == null || !absolute.substring(from, end).equalsIgnoreCase(host)) {
      throw refused("the request target names another host than the header field host");
    }
    return slash < 0 ? "/" : absolute.substring(slash);
  }

  private static Refused refused(String detail) {
    return new Refused(Problem.malformed(detail));
  }

  String method() {
    return method;
  }

  String path() {
    return path;
  }

  /** What stands behind the question mark; null if there is none. */
  @Nullable String query() {
    return query;
  }

  /** Host and port as the caller wrote them; null only in HTTP/1.0. */
  @Nullable String host() {
    return host;
  }

  @Nullable String authorization() {
    return authorization;
  }

  @Nullable String origin() {
    return origin;
  }

  @Nullable String fetchSite() {
    return fetchSite;
  }

  @Nullable String idempotencyKey() {
    return idempotencyKey;
  }

  @Nullable String prefer() {
    return prefer;
  }

  @Nullable String contentType() {
    return contentType;
  }

  @Nullable String contentEncoding() {
    return contentEncoding;
  }

  @Nullable String accept() {
    return accept;
  }

  @Nullable String ifNoneMatch() {
    return ifNoneMatch;
  }

  @Nullable String expect() {
    return expect;
  }

  /** Bytes of the body; -1 if it is chunked. */
  long contentLength() {
    return contentLength;
  }
}
