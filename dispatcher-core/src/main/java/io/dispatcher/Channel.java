package io.dispatcher;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Transport;
import io.dispatcher.cluster.Transport.Address;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes messages between two roles reliable as long as both live: numbers them without gaps, keeps
 * each until the other side has handled it, sends again what was lost, and hands each number to its
 * role once and in order (go-back-n).
 *
 * <p>Confined to its role's loop. What is kept is bounded by what the roles may have outstanding:
 * the credit of a worker.
 */
final class Channel {

  private static final long ACK_DELAY = 20_000_000L;
  private static final long RESEND_AFTER = 300_000_000L;
  private static final long RESEND_AT_MOST = 1_000_000_000L;
  private static final int ACK_EVERY = 16;
  private static final int RESEND_FRAMES = 64;

  private final Loop loop;
  private final Transport transport;
  private final Address self;
  private final Address remote;
  private final Consumer<Message> handler;
  private final ArrayDeque<Frame> unhandled = new ArrayDeque<>();
  private long lastSent;
  private long lastHandled;
  private int owed;
  private long resendDelay = RESEND_AFTER;
  private Loop.@Nullable Timer ackTimer;
  private Loop.@Nullable Timer resendTimer;
  private boolean closed;

  Channel(Loop loop, Transport transport, Address self, Address remote, Consumer<Message> handler) {
    this.loop = loop;
    this.transport = transport;
    this.self = self;
    this.remote = remote;
    this.handler = handler;
  }

  /** Sends reliably. */
  void send(Message message) {
    if (closed) {
      return;
    }
    Frame frame = new Frame(++lastSent, 0, message);
    unhandled.add(frame);
    transmit(frame);
    if (resendTimer == null) {
      resendTimer = loop.after(resendDelay, this::resend);
    }
  }

  /** Sends once; may be lost. */
  void sendLossy(Message message) {
    if (!closed) {
      transmit(new Frame(0, 0, message));
    }
  }

  private void transmit(Frame frame) {
    owed = 0;
    if (ackTimer != null) {
      ackTimer.cancel();
      ackTimer = null;
    }
    transport.send(self, remote, new Frame(frame.number(), lastHandled, frame.message()));
  }

  void receive(Frame frame) {
    if (closed) {
      return;
    }
    acknowledged(frame.handled());
    Message message = frame.message();
    if (message == null) {
      return;
    }
    if (frame.number() == 0) {
      handler.accept(message);
      return;
    }
    if (frame.number() == lastHandled + 1) {
      lastHandled++;
      handler.accept(message);
      owe();
    } else {
      acknowledge();
    }
  }

  private void acknowledged(long number) {
    boolean progress = false;
    while (!unhandled.isEmpty() && unhandled.peek().number() <= number) {
      unhandled.poll();
      progress = true;
    }
    if (progress) {
      resendDelay = RESEND_AFTER;
      if (resendTimer != null) {
        resendTimer.cancel();
        resendTimer = unhandled.isEmpty() ? null : loop.after(resendDelay, this::resend);
      }
    }
  }

  private void owe() {
    if (closed) {
      return;
    }
    if (++owed >= ACK_EVERY) {
      acknowledge();
    } else if (ackTimer == null) {
      ackTimer = loop.after(ACK_DELAY, this::acknowledge);
    }
  }

  private void acknowledge() {
    if (!closed) {
      transmit(new Frame(0, lastHandled, null));
    }
  }

  private void resend() {
    resendTimer = null;
    if (closed || unhandled.isEmpty()) {
      return;
    }
    int left = RESEND_FRAMES;
    for (Frame frame : unhandled) {
      if (left-- == 0) {
        break;
      }
      transmit(frame);
    }
    resendDelay = Math.min(2 * resendDelay, RESEND_AT_MOST);
    resendTimer = loop.after(resendDelay, this::resend);
  }

  /** Whether everything sent was handled. */
  boolean settled() {
    return unhandled.isEmpty();
  }

  void close() {
    closed = true;
    unhandled.clear();
    if (ackTimer != null) {
      Objects.requireNonNull(ackTimer).cancel();
    }
    if (resendTimer != null) {
      Objects.requireNonNull(resendTimer).cancel();
    }
  }
}
