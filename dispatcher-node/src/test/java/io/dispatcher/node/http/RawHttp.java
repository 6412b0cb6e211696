package io.dispatcher.node.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A connection that sends exactly the bytes it is given, and reads answers strictly. */
final class RawHttp implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int SILENT_MILLIS = 200;

  private final Socket socket;
  private final InputStream in;

  RawHttp(int port) {
    this(connected(port));
  }

  RawHttp(Socket socket) {
    try {
      this.socket = socket;
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.setTcpNoDelay(true);
      this.in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Socket connected(int port) {
    try {
      return new Socket(InetAddress.getLoopbackAddress(), port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RawHttp send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawHttp send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return this;
    } catch (SocketException closed) {
      // The door may end the connection while we send; what it said can still be read.
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Nothing more will be sent. */
  RawHttp endOfInput() {
    try {
      socket.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the next answer, with its body. */
  HttpAnswer read() {
    return read("GET");
  }

  /** Reads the next answer to a request of this method. */
  HttpAnswer read(String method) {
    try {
      String line = line();
      if (!line.matches("HTTP/1\\.[01] \\d{3}( .*)?")) {
        throw new AssertionError("no status line: " + line);
      }
      int status = Integer.parseInt(line.substring(9, 12));
      Map<String, List<String>> headers = headers();
      if (status == 100) {
        return read(method);
      }
      boolean empty = method.equals("HEAD") || status == 304;
      String length = one(headers, "content-length");
      if (!empty && length == null) {
        throw new AssertionError("an answer without content-length: " + line + headers);
      }
      byte[] body = empty ? new byte[0] : in.readNBytes(Integer.parseInt(length));
      return new HttpAnswer(status, headers, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the interim answer 100. */
  void readContinue() {
    try {
      String line = line();
      if (!line.startsWith("HTTP/1.1 100")) {
        throw new AssertionError("not 100: " + line);
      }
      headers();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, List<String>> headers() throws IOException {
    Map<String, List<String>> headers = new TreeMap<>();
    for (String field = line(); !field.isEmpty(); field = line()) {
      int colon = field.indexOf(':');
      headers
          .computeIfAbsent(
              field.substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(field.substring(colon + 1).strip());
    }
    return headers;
  }

  private static String one(Map<String, List<String>> headers, String name) {
    List<String> values = headers.get(name);
    return values == null ? null : values.get(0);
  }

  private String line() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection ended after: " + bytes);
      }
      if (b != '\r') {
        bytes.write(b);
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** Waits until the door ends the connection, and fails if it says anything before. */
  void readEnd() {
    try {
      int next = in.read();
      if (next >= 0) {
        throw new AssertionError(
            "more than was expected: "
                + (char) next
                + new String(in.readNBytes(200), StandardCharsets.ISO_8859_1));
      }
    } catch (SocketException reset) {
      // Ended as well.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the door has ended the connection without a word. Waits for either. */
  boolean isEnd() {
    try {
      in.mark(1);
      int next = in.read();
      in.reset();
      return next < 0;
    } catch (SocketException reset) {
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link #isEnd}, but a door that waits for more counts as well. */
  boolean isEndOrSilent() {
    try {
      socket.setSoTimeout(SILENT_MILLIS);
      boolean end = isEnd();
      socket.setSoTimeout(TIMEOUT_MILLIS);
      return end;
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof SocketTimeoutException) {
        return true;
      }
      throw e;
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
