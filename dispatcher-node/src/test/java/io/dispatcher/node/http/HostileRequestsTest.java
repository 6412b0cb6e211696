package io.dispatcher.node.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bytes that no honest client sends, each on a connection of its own. Every one of them is refused
 * with a problem that says why, or its connection is ended where HTTP leaves no way to answer;
 * nothing is a fault of the server, no second request hides behind a refused one, and the next good
 * request is served.
 */
class HostileRequestsTest extends OpenDoor {
  private static final Integer ENDED = 0;
  private static final String HOST = "Host: localhost\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String SUBMIT = "POST /v1/tasks?type=echo&wait=5s HTTP/1.1\r\n" + HOST;
  private static final String CHUNKED = SUBMIT + "Transfer-Encoding: chunked\r\n\r\n";

  /**
   * What a refused request must not smuggle in: if it were served there would be a second answer.
   */
  private static final String HIDDEN = "GET /health/live HTTP/1.1\r\n" + HOST + "\r\n";

  private record Case(String name, byte[] bytes, Set<Integer> expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final class Cases {
    private final List<Case> all = new ArrayList<>();

    void add(String name, String request, Integer... expected) {
      add(name, request.getBytes(ISO_8859_1), expected);
    }

    void add(String name, byte[] request, Integer... expected) {
      all.add(new Case(name, request, Set.of(expected)));
    }

    void head(String name, String fields, Integer... expected) {
      add(name, "GET /health/live HTTP/1.1\r\n" + HOST + fields + "\r\n" + HIDDEN, expected);
    }

    void line(String name, String line, Integer... expected) {
      add(name, line + "\r\n" + HOST + "\r\n", expected);
    }

    void framed(String name, String fields, String body, Integer... expected) {
      add(name, SUBMIT + fields + "\r\n" + body, expected);
    }

    void chunks(String name, String body, Integer... expected) {
      add(name, CHUNKED + body, expected);
    }

    void json(String name, byte[] body, Integer... expected) {
      String head = "POST /v1/tasks HTTP/1.1\r\n" + HOST + JSON;
      add(name, joined(head + "Content-Length: " + body.length + "\r\n\r\n", body), expected);
    }

    void json(String name, String body, Integer... expected) {
      json(name, body.getBytes(UTF_8), expected);
    }

    void payload(String name, String payload, Integer... expected) {
      json(name, "{\"type\":\"echo\",\"payload\":" + payload + "}", expected);
    }
  }

  private static byte[] joined(String head, byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.getBytes(ISO_8859_1));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  static Stream<Case> cases() {
    Cases cases = new Cases();
    framing(cases);
    chunks(cases);
    heads(cases);
    lines(cases);
    targets(cases);
    json(cases);
    callers(cases);
    return cases.all.stream();
  }

  private static void framing(Cases c) {
    String hidden = "0\r\n\r\n" + HIDDEN;
    c.framed(
        "length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", hidden, 400);
    c.framed(
        "chunked and length", "Transfer-Encoding: chunked\r\nContent-Length: 60\r\n", hidden, 400);
    c.framed("unknown coding", "Transfer-Encoding: xchunked\r\n", hidden, 400);
    c.framed("chunked, identity", "Transfer-Encoding: chunked, identity\r\n", hidden, 400);
    c.framed("identity", "Transfer-Encoding: identity\r\n", hidden, 400);
    c.framed("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", hidden, 400);
    c.framed(
        "chunked twice",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        hidden,
        400);
    c.framed(
        "chunked, then unknown",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
        hidden,
        400);
    c.framed("vertical tab before coding", "Transfer-Encoding: \u000bchunked\r\n", hidden, 400);
    c.framed("empty coding", "Transfer-Encoding:\r\n", hidden, 400);
    c.add(
        "chunked in HTTP/1.0",
        "POST /v1/tasks?type=echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden,
        400);
    c.framed("two lengths that differ", "Content-Length: 5\r\nContent-Length: 6\r\n", "hello", 400);
    c.framed("two lengths alike", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello", 400);
    c.framed("list of lengths", "Content-Length: 5, 5\r\n", "hello", 400);
    c.framed("signed length", "Content-Length: +5\r\n", "hello", 400);
    c.framed("negative length", "Content-Length: -1\r\n", "", 400);
    c.framed("hexadecimal length", "Content-Length: 0x5\r\n", "hello", 400);
    c.framed("length with a space", "Content-Length: 1 0\r\n", "hello", 400);
    c.framed("empty length", "Content-Length:\r\n", "hello", 400);
    c.framed("length beyond 64 bits", "Content-Length: 99999999999999999999\r\n", "hello", 400);
    c.framed("length of 1 TiB", "Content-Length: 1099511627776\r\n", "hello", 413);
    c.framed("length over the limit", "Content-Length: 70000\r\n", "x".repeat(70000), 413);
    c.framed("length in other digits", "Content-Length: \u00b2\r\n", "ab", 400);
  }

  private static void chunks(Cases c) {
    c.chunks("chunk size that is none", "zz\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("negative chunk size", "-5\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("signed chunk size", "+5\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("prefixed chunk size", "0x5\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("empty chunk size", "\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("chunk size beyond 64 bits", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("chunk size of 2 GiB", "7fffffff\r\n" + "x".repeat(70000), 413);
    c.chunks("chunk longer than its size", "3\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("line feed in a chunk extension", "5;a=\nb\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("bare line feeds", "5\nhello\n0\n\n", 400);
    c.chunks("endless chunk extension", "5;" + "x".repeat(70000) + "\r\nhello\r\n0\r\n\r\n", 400);
    c.chunks("body over the limit", ("1000\r\n" + "x".repeat(4096) + "\r\n").repeat(20), 413);
    c.chunks(
        "endless trailers",
        "1\r\na\r\n0\r\n" + "X-Trailer: yyyyyyyy\r\n".repeat(4000) + "\r\n",
        400);
  }

  private static void heads(Cases c) {
    c.head("two hosts", "Host: localhost\r\n", 400);
    c.head("two hosts that differ", "Host: evil.example\r\n", 400);
    c.add("no host", "GET /health/live HTTP/1.1\r\n\r\n" + HIDDEN, 400);
    c.add("empty host", "GET /health/live HTTP/1.1\r\nHost:\r\n\r\n", 400);
    c.add("host with a user", "GET /health/live HTTP/1.1\r\nHost: a@localhost\r\n\r\n", 400);
    c.add("host with a path", "GET /health/live HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 400);
    c.add("two hosts in one", "GET /health/live HTTP/1.1\r\nHost: localhost, b\r\n\r\n", 400);
    c.add("foreign host", "GET /v1/stats HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421);
    c.add("foreign host like ours", "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421);
    c.add("address in a name", "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 421);
    c.add("foreign address", "GET / HTTP/1.1\r\nHost: 10.0.0.1:80\r\n\r\n", 421);
    c.head("space before the colon", "X-A : b\r\n", 400);
    c.head("space in a name", "X A: b\r\n", 400);
    c.head("no colon", "nonsense\r\n", 400);
    c.head("empty name", ": b\r\n", 400);
    c.head("parenthesis in a name", "X(A): b\r\n", 400);
    c.head("name that is not ASCII", "X-\u00e4: b\r\n", 400);
    c.head("NUL in a name", "X-\0A: b\r\n", 400);
    c.head("NUL in a value", "X-A: b\0c\r\n", 400);
    c.head("control character in a value", "X-A: b\u0001c\r\n", 400);
    c.head("carriage return in a value", "X-A: b\rc\r\n", 400);
    c.add("space before the first field", "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400);
    c.add("bare line feeds in the head", "GET /health/live HTTP/1.1\nHost: localhost\n\n", 400);
    c.head("field of 64 kB", "X-A: " + "b".repeat(64 << 10) + "\r\n", 431);
    c.head("fields of 64 kB", "X-A: bbbbbbbbbbbb\r\n".repeat(4000), 431);
    c.head("500 fields", "A: b\r\n".repeat(500), 431);
    c.head("two tokens", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", 400);
    c.add(
        "expectation that is none",
        "GET /health/live HTTP/1.1\r\n" + HOST + "Expect: a miracle\r\n\r\n",
        417);
  }

  private static void lines(Cases c) {
    c.line("no version", "GET /health/live", 400);
    c.line("version 1.2", "GET /health/live HTTP/1.2", ENDED);
    c.line("version 2.0", "GET /health/live HTTP/2.0", ENDED);
    c.line("version 0.9", "GET /health/live HTTP/0.9", ENDED);
    c.line("version that is none", "GET /health/live FTP/1.1", ENDED);
    c.line("version in lower case", "GET /health/live http/1.1", 400, ENDED);
    c.line("something behind the version", "GET /health/live HTTP/1.1 x", 400);
    c.line("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n", ENDED);
    c.line("empty method", " /health/live HTTP/1.1", 400);
    c.line("parenthesis in the method", "GE(T /health/live HTTP/1.1", 400);
    c.line("method that is not ASCII", "G\u00cbT /health/live HTTP/1.1", 400);
    c.line("NUL in the method", "G\0T /health/live HTTP/1.1", 400);
    c.line("line of 64 kB", "GET /" + "x".repeat(64 << 10) + " HTTP/1.1", 414);
    c.line("connect", "CONNECT localhost:80 HTTP/1.1", 400);
    c.add(
        "hello of TLS",
        bytes(0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0, 0, 1, 0, 0x0d, 0x0a, 0x0d, 0x0a),
        400);
    c.add("zeros", joined("\0".repeat(100), bytes(0x0d, 0x0a, 0x0d, 0x0a)), 400);
  }

  private static void targets(Cases c) {
    c.line("relative target", "GET health/live HTTP/1.1", 400);
    c.line("star for another method", "GET * HTTP/1.1", 400);
    c.line("absolute target of another host", "GET http://evil.example/ HTTP/1.1", 400);
    c.line("absolute target of another scheme", "GET ftp://localhost/ HTTP/1.1", 400);
    c.line("fragment", "GET /health/live#x HTTP/1.1", 400);
    c.line("backslash", "GET /health\\live HTTP/1.1", 400);
    c.line("quote", "GET /health/live?a=\"b\" HTTP/1.1", 400);
    c.line("not ASCII", "GET /health/l\u00efve HTTP/1.1", 400);
    c.line("escape character", "GET /health/\u001b[31m HTTP/1.1", 400);
    for (String path :
        List.of(
            "/../etc/passwd",
            "/v1/../health/live",
            "/%2e%2e/health/live",
            "/v1/tasks/../../health/live",
            "//health/live",
            "/./health/live",
            "/health/live/",
            "/health%2flive",
            "/health/live%00",
            "/health/live;x",
            "/page/../http/openapi.json",
            "/page/..%2fhttp/openapi.json",
            "/page//etc/passwd",
            "/page/.hidden",
            "/HEALTH/live",
            "/v1/tasks/a/b/c")) {
      c.line("path " + path, "GET " + path + " HTTP/1.1", 404);
    }
    c.line("escape that is none", "GET /v1/nodes?a=%zz HTTP/1.1", 400);
    c.line("half an escape", "GET /v1/nodes?a=%e HTTP/1.1", 400);
    c.line("escape of an overlong slash", "GET /v1/nodes?a=%c0%af HTTP/1.1", 400);
    c.line("parameter twice", "GET /v1/tasks/a?wait=1s&wait=2s HTTP/1.1", 400);
    c.line("parameter without a name", "GET /v1/tasks/a?=1s HTTP/1.1", 400);
    c.line("200 parameters", "GET /v1/nodes?" + parameters(200) + " HTTP/1.1", 400);
  }

  private static String parameters(int count) {
    StringBuilder query = new StringBuilder("a");
    for (int i = 0; i < count; i++) {
      query.append("&p").append(i);
    }
    return query.toString();
  }

  private static void json(Cases c) {
    String good = "{\"type\":\"echo\"}";
    c.json("empty", "", 400);
    c.json("spaces", "   ", 400);
    c.json("null", "null", 400);
    c.json("an array", "[]", 400);
    c.json("a number", "1", 400);
    c.json("UTF-16 with a mark", encoded("\ufeff" + good, UTF_16LE), 400);
    c.json("UTF-16", encoded(good, UTF_16BE), 400);
    c.json("UTF-16, little end first", encoded(good, UTF_16LE), 400);
    c.json("UTF-32", encoded(good, Charset.forName("UTF-32BE")), 400);
    c.json("UTF-32, cut", bytes(0, 0, 0, '{', 0, 0), 400);
    c.json("byte order mark", "\ufeff" + good, 400);
    c.json("bad UTF-8", joined("{\"type\":\"", bytes('e', 0xff, '"', '}')), 400);
    c.json("overlong UTF-8", joined("{\"type\":\"", bytes(0xc0, 0xaf, '"', '}')), 400);
    c.json("surrogate in UTF-8", joined("{\"key\":\"", bytes(0xed, 0xa0, 0x80, '"', '}')), 400);
    c.payload("half a surrogate pair", "\"\\ud800\"", 400);
    c.payload("the other half", "{\"a\\udc00\": 1}", 400);
    c.json("name twice", "{\"type\":\"echo\",\"type\":\"fail\"}", 400);
    c.payload("name twice inside", "{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", 400);
    c.json("name twice, escaped", "{\"type\":\"echo\",\"\\u0074ype\":\"fail\"}", 400);
    c.payload("number beyond 64 bits", "1e999999999", 400);
    c.payload("negative number beyond 64 bits", "[-1E+400]", 400);
    c.payload("number of 100,000 digits", "9".repeat(100_000), 400);
    c.payload("NaN", "NaN", 400);
    c.payload("infinity", "-Infinity", 400);
    c.payload("leading zero", "012", 400);
    c.payload("nesting of 900", "[".repeat(900) + "]".repeat(900), 400);
    c.payload("nesting of 100,000", "[".repeat(100_000), 400);
    c.payload("nesting of objects", "{\"a\":".repeat(10_000), 400);
    c.payload("single quotes", "'a'", 400);
    c.payload("comment", "1/* */", 400);
    c.payload("control character", "\"a\u0001\"", 400);
    c.payload("NUL", "\"a\0\"", 400);
    c.payload("unknown escape", "\"\\x41\"", 400);
    c.json("something behind", good + "x", 400);
    c.json("two values", good + good, 400);
    c.json("cut", "{\"type\":\"echo\",", 400);
    c.json("long name", "{\"" + "n".repeat(50_000) + "\":1}", 400);
    c.json("unknown field", "{\"type\":\"echo\",\"__proto__\":{}}", 400);
    c.json("type null", "{\"type\":null}", 422);
    c.json("type a number", "{\"type\":1}", 422);
    c.json("type with a line break", "{\"type\":\"a\\nb\"}", 422);
    c.json("type of a megabyte", "{\"type\":\"" + "t".repeat(200_000) + "\"}", 422);
    c.json("no type", "{\"payload\":1}", 422);
    c.json("two payloads", "{\"type\":\"echo\",\"payload\":1,\"payloadBase64\":\"\"}", 422);
    c.json("bad Base64", "{\"type\":\"echo\",\"payloadBase64\":\"A=B\"}", 422);
    c.json("retries with a fraction", "{\"type\":\"echo\",\"retries\":1.5}", 422);
    c.json("retries beyond 32 bits", "{\"type\":\"echo\",\"retries\":99999999999}", 422);
    c.json("deadline an object", "{\"type\":\"echo\",\"deadline\":{\"a\":[1,2]}}", 422);
    c.json("key a list", "{\"type\":\"echo\",\"key\":[\"a\"]}", 422);
    c.json("key of 300 characters", "{\"type\":\"echo\",\"key\":\"" + "k".repeat(300) + "\"}", 422);
  }

  private static void callers(Cases c) {
    String post = "POST /v1/tasks?type=echo HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n";
    c.add("post of a foreign page", post + "Origin: http://evil.example\r\n\r\n", 403);
    c.add("post of a page without origin", post + "Origin: null\r\n\r\n", 403);
    c.add("post of another port's page", post + "Origin: http://localhost:1\r\n\r\n", 403);
    c.add("post across sites", post + "Sec-Fetch-Site: cross-site\r\n\r\n", 403);
    c.add("post across subdomains", post + "Sec-Fetch-Site: same-site\r\n\r\n", 403);
    String form = "POST /v1/tasks HTTP/1.1\r\n" + HOST + "Content-Length: 15\r\nContent-Type: ";
    c.add("form", form + "application/x-www-form-urlencoded\r\n\r\n{\"type\":\"echo\"}", 415);
    c.add("plain text", form + "text/plain\r\n\r\n{\"type\":\"echo\"}", 415);
    c.framed("compressed body", "Content-Encoding: gzip\r\nContent-Length: 5\r\n", "hello", 415);
    c.add(
        "get with a body",
        "GET /health/live HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\n\r\nhello",
        400);
    c.add(
        "get with chunks",
        "GET /health/live HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400);
    c.line("trace", "TRACE / HTTP/1.1", 405);
    c.line("unknown method", "BREW /v1/tasks HTTP/1.1", 405);
  }

  private static byte[] encoded(String text, Charset charset) {
    return text.getBytes(charset);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRefused(Case hostile) {
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(hostile.bytes());
      if (http.isEnd()) {
        assertTrue(hostile.expected().contains(ENDED), "ended without an answer");
      } else {
        HttpAnswer answer = http.read();
        it.contract.checkRefusal(answer);
        assertTrue(hostile.expected().contains(answer.status()), answer::toString);
        http.endOfInput().readEnd();
      }
    }
    assertEquals("next", it.post("/v1/tasks?type=echo&wait=10s", "next").text());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health/live HTTP/1.1\r\nHost: loc",
        "POST /v1/tasks?type=echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe",
        "POST /v1/tasks?type=echo HTTP/1.1\r\nHost: localhost\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n5\r\nhe"
      })
  void halfARequestIsNone(String half) {
    long before = it.dispatcher.stats().submitted();
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(half).endOfInput().readEnd();
    }
    assertEquals(before, it.dispatcher.stats().submitted());
  }

  @Test
  void aFoldedFieldIsOneField() {
    HttpAnswer answer = it.get("/health/live", "X-A: b\r\n Host: evil.example");
    assertEquals(200, answer.status(), "a fold counts as a space");
  }

  /** Each run takes other mutations; a failure names the seed that repeats it. */
  @Test
  void mutatedRequestsAreNoFaults() {
    long seed = Long.getLong("dispatcher.test.seed", System.nanoTime());
    Random random = new Random(seed);
    byte[] envelope =
        """
        {"type":"echo","payload":{"a":[1.5,"\u00fc\ud83d\ude00",null]},"retries":2,
        "backoff":{"initial":"1s","factor":2},"wait":"1ms","key":"k","deadline":"PT1M"}
        """
            .getBytes(UTF_8);
    byte[] head =
        (SUBMIT + JSON + "Idempotency-Key: \"a\"\r\nPrefer: wait=1\r\nContent-Length: 2\r\n\r\nab")
            .getBytes(ISO_8859_1);
    for (int i = 0; i < 600; i++) {
      byte[] body = mutated(envelope, random);
      check(seed, joined(it.head("POST", "/v1/tasks", body.length, JSON.strip()), body));
    }
    for (int i = 0; i < 300; i++) {
      check(seed, mutated(head, random));
    }
    assertEquals("next", it.post("/v1/tasks?type=echo&wait=10s", "next").text());
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    byte[] changed = bytes.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(changed.length);
      switch (random.nextInt(3)) {
        case 0 -> changed[at] = (byte) random.nextInt(256);
        case 1 -> changed = Arrays.copyOf(changed, Math.max(1, at));
        default -> changed[at] = changed[random.nextInt(changed.length)];
      }
    }
    return changed;
  }

  private static void check(long seed, byte[] request) {
    String what = "-Ddispatcher.test.seed=" + seed + ": " + new String(request, ISO_8859_1);
    try (RawHttp http = new RawHttp(it.port())) {
      http.send(request);
      http.send("\r\n\r\n");
      if (!http.isEndOrSilent()) {
        HttpAnswer answer = http.read();
        if (answer.status() >= 400) {
          it.contract.checkRefusal(answer);
        }
        assertTrue(answer.status() < 500, () -> what + answer);
        assertFalse(answer.text().contains("\tat "), () -> what + answer);
      }
    }
  }

  @Test
  void thereAreManyOfThem() {
    assertTrue(cases().count() >= 60, () -> "only " + cases().count());
  }

  @Test
  void noProtocolIsSwitchedTo() {
    HttpAnswer socket =
        it.get(
            "/health/live",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    assertEquals(200, socket.status());
    HttpAnswer two =
        it.get(
            "/health/live",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAAP__");
    assertEquals(200, two.status());
  }
}
