package io.dispatcher.node;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends one prepared request over and over on keep-alive connections, the next as the answer to the
 * last is complete. As cheap as it can be, for it shares the machine with what it measures: the
 * bytes are made once, and of an answer only status and length are read. One event loop.
 */
final class HttpLoad {
  private static final long STUCK_SECONDS = 60;
  private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] LENGTH = "\r\ncontent-length:".getBytes(StandardCharsets.ISO_8859_1);

  private final Vertx vertx;
  private final int port;
  private final int connections;

  HttpLoad(Vertx vertx, int port, int connections) {
    this.vertx = vertx;
    this.port = port;
    this.connections = connections;
  }

  /**
   * What came of it.
   *
   * @param answers of the status that was wanted
   * @param others answers of another status, and connections that ended
   * @param firstOther the head of the first of these; null if there is none
   * @param micros times from request to answer
   */
  record Result(
      long answers, long others, @Nullable String firstOther, double seconds, Histogram micros) {
    double perSecond() {
      return answers / seconds;
    }
  }

  /** A POST with a body. */
  static Buffer post(String target, String contentType, byte[] body) {
    return Buffer.buffer(
            "POST "
                + target
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                + contentType
                + "\r\nContent-Length: "
                + body.length
                + "\r\n\r\n")
        .appendBytes(body);
  }

  /** Sends the request for so long. Blocks. */
  Result run(Buffer request, int wanted, long millis) throws InterruptedException {
    Round round = new Round(request, wanted);
    NetClient client = vertx.createNetClient();
    try {
      List<NetSocket> sockets = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        sockets.add(
            client.connect(port, "127.0.0.1").toCompletionStage().toCompletableFuture().join());
      }
      long begun = System.nanoTime();
      sockets.forEach(socket -> new Caller(round, socket).start());
      TimeUnit.MILLISECONDS.sleep(millis);
      round.over = true;
      if (!round.ended.await(STUCK_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("no answer came for " + STUCK_SECONDS + " s");
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      return new Result(round.answers, round.others, round.firstOther, seconds, round.micros);
    } finally {
      client.close();
    }
  }

  /** Confined to the event loop but for the end: all sockets of a client made here share it. */
  private final class Round {
    final Buffer request;
    final int wanted;
    final CountDownLatch ended = new CountDownLatch(connections);
    final Histogram micros = new Histogram(60_000_000L, 3);
    volatile boolean over;
    volatile long answers;
    volatile long others;
    volatile @Nullable String firstOther;

    Round(Buffer request, int wanted) {
      this.request = request;
      this.wanted = wanted;
    }

    synchronized void answered(int status, Buffer head, long nanos) {
      if (status == wanted) {
        answers++;
        micros.recordValue(Math.min(60_000_000L, nanos / 1000));
      } else {
        other(head.toString(StandardCharsets.ISO_8859_1));
      }
    }

    synchronized void other(String what) {
      others++;
      if (firstOther == null) {
        firstOther = what;
      }
    }
  }

  private static final class Caller {
    private final Round round;
    private final NetSocket socket;
    private Buffer held = Buffer.buffer();
    private long sent;
    private boolean done;

    Caller(Round round, NetSocket socket) {
      this.round = round;
      this.socket = socket;
    }

    void start() {
      socket.handler(this::read);
      socket.closeHandler(
          gone -> {
            if (!done) {
              round.other("the connection was closed");
              end();
            }
          });
      next();
    }

    private void next() {
      if (round.over) {
        end();
        return;
      }
      sent = System.nanoTime();
      socket.write(round.request.copy());
    }

    private void end() {
      if (!done) {
        done = true;
        round.ended.countDown();
        socket.close();
      }
    }

    private void read(Buffer chunk) {
      Buffer answer = held.length() == 0 ? chunk : held.appendBuffer(chunk);
      byte[] bytes = answer.getBytes();
      int end = find(bytes, END_OF_HEAD, bytes.length);
      int length = end < 0 ? -1 : lengthOf(bytes, end);
      if (end < 0 || bytes.length < end + END_OF_HEAD.length + length) {
        held = answer == chunk ? Buffer.buffer(bytes) : answer;
        return;
      }
      held = Buffer.buffer();
      int status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
      round.answered(status, answer, System.nanoTime() - sent);
      next();
    }

    /** The length of the body; an answer without the field has none. */
    private static int lengthOf(byte[] bytes, int end) {
      int at = find(bytes, LENGTH, end + 2);
      if (at < 0) {
        return 0;
      }
      int length = 0;
      for (int i = at + LENGTH.length; i < end; i++) {
        if (bytes[i] >= '0' && bytes[i] <= '9') {
          length = length * 10 + bytes[i] - '0';
        } else if (bytes[i] != ' ') {
          break;
        }
      }
      return length;
    }

    private static int find(byte[] bytes, byte[] wanted, int end) {
      for (int i = 0; i + wanted.length <= end; i++) {
        int j = 0;
        while (j < wanted.length && lower(bytes[i + j]) == wanted[j]) {
          j++;
        }
        if (j == wanted.length) {
          return i;
        }
      }
      return -1;
    }

    private static int lower(byte b) {
      return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
    }
  }
}
