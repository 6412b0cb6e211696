package io.dispatcher.vertx;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport.Address;
import io.dispatcher.cluster.Wire;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import io.vertx.core.Vertx;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VertxTransportTest {

  private static final String CLUSTER = "jobs";
  private static final String HOST = "127.0.0.1";

  private final Vertx vertx = Vertx.vertx();
  private final Map<Peer, InetSocketAddress> addresses = new ConcurrentHashMap<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
  }

  // Order, loss, size

  @Test
  void tenThousandFramesArriveInOrder() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");
    List<Long> sent = LongStream.rangeClosed(1, 10_000).boxed().toList();

    for (long number : sent) {
      a.send(b, new Frame(number, 0, null));
    }

    await().untilAsserted(() -> assertEquals(10_000, b.received.size()));
    assertEquals(sent, b.received.stream().map(Frame::number).toList());
    assertEquals(new Address(a.peer, Role.FRONT), b.senders.peek());
  }

  @Test
  void bothMayConnectAtOnceAndEachKeepsItsOrder() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");
    List<Long> sent = LongStream.rangeClosed(1, 3_000).boxed().toList();

    for (long number : sent) {
      a.send(b, new Frame(number, 0, null));
      b.send(a, new Frame(number, 0, null));
    }

    await().untilAsserted(() -> assertEquals(3_000, b.received.size()));
    await().untilAsserted(() -> assertEquals(3_000, a.received.size()));
    assertEquals(sent, a.received.stream().map(Frame::number).toList());
    assertEquals(sent, b.received.stream().map(Frame::number).toList());
  }

  @Test
  void theLargestValueArrives() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");
    byte[] payload = new byte[1 << 20];
    payload[payload.length - 1] = 7;

    for (int i = 1; i <= 3; i++) {
      a.send(b, new Frame(i, 0, deliver(payload)));
    }

    await().untilAsserted(() -> assertEquals(3, b.received.size()));
    Message.Deliver deliver = (Message.Deliver) b.received.peek().message();
    assertEquals(7, deliver.items().get(0).payload()[payload.length - 1]);
  }

  @Test
  void aFrameForThisNodePassesAsAnObject() throws Exception {
    Node a = new Node("a");
    Frame frame = new Frame(1, 0, deliver(new byte[3]));

    a.send(a, frame);

    await().untilAsserted(() -> assertSame(frame, a.received.peek()));
  }

  @Test
  void aFrameOverTheLimitIsDroppedAndTheNextArrives() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");

    a.send(b, new Frame(1, 0, deliver(new byte[2 << 20])));
    a.send(b, new Frame(2, 0, null));

    await().untilAsserted(() -> assertEquals(1, b.received.size()));
    assertEquals(2, b.received.peek().number());
  }

  // Links

  @Test
  void aClosedLinkIsTold() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");
    a.send(b, new Frame(1, 0, null));
    await().untilAsserted(() -> assertEquals(1, b.received.size()));

    b.transport.close();

    await().untilAsserted(() -> assertEquals(List.of(b.peer), List.copyOf(a.closed)));
    await().untilAsserted(() -> assertEquals(List.of(a.peer), List.copyOf(b.closed)));
  }

  @Test
  void aLinkComesBackWhenItsPortDoes() throws Exception {
    int port = LoopbackPorts.one();
    Node a = new Node("a");
    Node b = new Node("b", null, port);
    a.send(b, new Frame(1, 0, null));
    await().untilAsserted(() -> assertEquals(1, b.received.size()));
    b.transport.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
    await().untilAsserted(() -> assertEquals(1, a.closed.size()));

    b.open(port);

    await()
        .untilAsserted(
            () -> {
              a.send(b, new Frame(2, 0, null));
              assertTrue(b.received.stream().anyMatch(frame -> frame.number() == 2));
            });
  }

  @Test
  void aForgottenPeerIsTurnedAway() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");
    a.send(b, new Frame(1, 0, null));
    await().untilAsserted(() -> assertEquals(1, b.received.size()));

    b.transport.forget(List.of(a.peer));

    await().untilAsserted(() -> assertEquals(List.of(b.peer), List.copyOf(a.closed)));
    try (Socket socket = raw(b)) {
      socket.getOutputStream().write(hello(CLUSTER, a.peer, b.peer));
      assertClosed(socket);
    }
  }

  @Test
  void aHelloForAnotherIncarnationOrClusterIsRefused() throws Exception {
    Node b = new Node("b");
    Peer stranger = new Peer("x", 1);
    for (byte[] hello :
        List.of(
            hello(CLUSTER, stranger, new Peer("b", b.peer.incarnation() + 1)),
            hello("other", stranger, b.peer))) {
      try (Socket socket = raw(b)) {
        socket.getOutputStream().write(hello);
        assertClosed(socket);
      }
    }
  }

  // Malformed input

  @Test
  void malformedInputClosesItsLinkAndNoOther() throws Exception {
    Node a = new Node("a");
    Node b = new Node("b");
    a.send(b, new Frame(1, 0, null));
    await().untilAsserted(() -> assertEquals(1, b.received.size()));
    byte[] good = hello(CLUSTER, new Peer("x", 1), b.peer);
    byte[] otherVersion = good.clone();
    otherVersion[8] = Wire.VERSION + 1;

    List<byte[]> afterHello =
        List.of(
            length(Wire.MAX_FRAME_BYTES + 1),
            length(0),
            length(-1),
            new byte[] {0, 0, 0, 2, 0x21, 99},
            good);
    List<byte[]> first =
        List.of(
            otherVersion, length(Wire.MAX_HELLO_BYTES + 1), "GET / HTTP/1.1\r\n\r\n".getBytes());
    for (byte[] bytes : first) {
      try (Socket socket = raw(b)) {
        socket.getOutputStream().write(bytes);
        assertClosed(socket);
      }
    }
    for (byte[] bytes : afterHello) {
      try (Socket socket = raw(b)) {
        socket.getOutputStream().write(good);
        readHello(socket);
        socket.getOutputStream().write(bytes);
        assertClosed(socket);
      }
    }

    a.send(b, new Frame(2, 0, null));
    await().untilAsserted(() -> assertEquals(2, b.received.size()));
    assertTrue(a.closed.isEmpty());
  }

  @Test
  void aFrameMayComeByteByByte() throws Exception {
    Node b = new Node("b");
    WireBuffer frame = new WireBuffer();
    Wire.write(frame, Role.FRONT, Role.WORKER, new Frame(5, 0, deliver(new byte[10])));
    try (Socket socket = raw(b)) {
      socket.setTcpNoDelay(true);
      for (byte each : hello(CLUSTER, new Peer("x", 1), b.peer)) {
        socket.getOutputStream().write(each);
      }
      for (byte each : frame.toBytes()) {
        socket.getOutputStream().write(each);
      }
      await().untilAsserted(() -> assertEquals(1, b.received.size()));
    }
    await().untilAsserted(() -> assertEquals(List.of(new Peer("x", 1)), List.copyOf(b.closed)));
  }

  // Bounds

  @Test
  void whatAPeerDoesNotReadIsBounded() throws Exception {
    Node a = new Node("a");
    Peer deaf = new Peer("deaf", 1);
    try (Socket socket = raw(a)) {
      socket.getOutputStream().write(hello(CLUSTER, deaf, a.peer));
      readHello(socket);
      byte[] payload = new byte[1 << 20];
      long before = used();
      for (int i = 0; i < 300; i++) {
        a.transport.send(
            new Address(a.peer, Role.FRONT),
            new Address(deaf, Role.WORKER),
            new Frame(i, 0, deliver(payload)));
      }
      assertTrue(used() - before < 100 << 20, "unsent frames are kept");
    }
    await().untilAsserted(() -> assertEquals(1, a.closed.size()));
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  // TLS

  @Test
  void aRightCertificateIsAcceptedAndAWrongOneRefused(@TempDir Path dir) throws Exception {
    LinkTls right = certificate(dir, "right");
    LinkTls wrong = certificate(dir, "wrong");
    Node a = new Node("a", right);
    Node b = new Node("b", right);
    Node untrusted = new Node("c", new LinkTls(wrong.key(), wrong.certificate(), right.trust()));
    Node plain = new Node("d");

    a.send(b, new Frame(1, 0, null));
    await().untilAsserted(() -> assertEquals(1, b.received.size()));
    for (Node refused : List.of(untrusted, plain)) {
      for (int i = 0; i < 3; i++) {
        refused.send(b, new Frame(2, 0, null));
        b.send(refused, new Frame(2, 0, null));
        a.send(b, new Frame(3, 0, null));
        int seen = b.received.size();
        await().untilAsserted(() -> assertTrue(b.received.size() >= seen));
      }
    }
    try (Socket socket = raw(b)) {
      socket.getOutputStream().write(hello(CLUSTER, new Peer("x", 1), b.peer));
      assertClosed(socket);
    }
    a.send(b, new Frame(4, 0, null));

    await().until(() -> b.received.stream().anyMatch(frame -> frame.number() == 4));
    assertFalse(b.received.stream().anyMatch(frame -> frame.number() == 2));
    assertTrue(untrusted.received.isEmpty());
    assertTrue(plain.received.isEmpty());
  }

  /** A self-signed certificate that is its own authority. */
  static LinkTls certificate(Path dir, String name) throws Exception {
    Path store = dir.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "x",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-validity",
                "2",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "secret")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes());
    assertEquals(0, keytool.waitFor(), output);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "secret".toCharArray());
    }
    Key key = keys.getKey("x", "secret".toCharArray());
    Path keyFile = pem(dir.resolve(name + ".key"), "PRIVATE KEY", key.getEncoded());
    Path certificate =
        pem(dir.resolve(name + ".crt"), "CERTIFICATE", keys.getCertificate("x").getEncoded());
    return new LinkTls(keyFile, certificate, certificate);
  }

  private static Path pem(Path file, String what, byte[] bytes) throws IOException {
    return Files.writeString(
        file,
        "-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
            + "\n-----END "
            + what
            + "-----\n");
  }

  // Helpers

  private static Message deliver(byte[] payload) {
    Profile profile = new Profile("type", 3, Backoff.DEFAULT, 1, 0, 0, 5, 1);
    List<Delivery> items = new ArrayList<>();
    items.add(new Delivery(new BlockId(1, 2, 3), 4, 1, 0, 1, 0, 0, profile, null, payload, 0));
    return new Message.Deliver(items);
  }

  private static byte[] hello(String cluster, Peer from, Peer to) {
    WireBuffer out = new WireBuffer();
    Wire.writeHello(out, new Wire.Hello(Wire.VERSION, cluster, from, to));
    return out.toBytes();
  }

  private static byte[] length(int length) {
    return new byte[] {
      (byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length
    };
  }

  private Socket raw(Node node) throws IOException {
    Socket socket = new Socket(HOST, addresses.get(node.peer).getPort());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static void readHello(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] body = new byte[in.readInt()];
    in.readFully(body);
    Wire.readHello(body, 0, body.length);
  }

  private static void assertClosed(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      // As good as closed.
    }
  }

  /** A transport that notes what happens. */
  private final class Node {
    private final Peer peer;
    private final LinkTls tls;
    private final Queue<Frame> received = new ConcurrentLinkedQueue<>();
    private final Queue<Address> senders = new ConcurrentLinkedQueue<>();
    private final Queue<Peer> closed = new ConcurrentLinkedQueue<>();
    private VertxTransport transport;

    Node(String name) throws Exception {
      this(name, null);
    }

    Node(String name, LinkTls tls) throws Exception {
      this(name, tls, 0);
    }

    Node(String name, LinkTls tls, int port) throws Exception {
      this.peer = new Peer(name, name.hashCode() * 1_000_003L);
      this.tls = tls;
      open(port);
    }

    void open(int port) throws Exception {
      transport =
          VertxTransport.listen(vertx, CLUSTER, peer, HOST, port, tls)
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, SECONDS);
      addresses.put(peer, new InetSocketAddress(HOST, transport.port()));
      transport.directory(addresses::get);
      transport.receive(
          Role.WORKER,
          Runnable::run,
          (from, frame) -> {
            senders.add(from);
            received.add(frame);
          });
      transport.onClose(Runnable::run, closed::add);
    }

    void send(Node to, Frame frame) {
      transport.send(new Address(peer, Role.FRONT), new Address(to.peer, Role.WORKER), frame);
    }
  }
}
