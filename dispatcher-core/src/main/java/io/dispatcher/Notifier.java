package io.dispatcher;

import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells owners what became of their attempts on this worker: recorded, refused by the ledger, given
 * back, how far they are. Confined to the worker's loop.
 */
final class Notifier {

  private static final int MAX_MESSAGE_BYTES = 512 * 1024;

  private final FrontChannels channels;
  private final Window window;
  private final Meters meters;
  private final Callbacks callbacks;

  Notifier(FrontChannels channels, Window window, Meters meters, Callbacks callbacks) {
    this.channels = channels;
    this.window = window;
    this.meters = meters;
    this.callbacks = callbacks;
  }

  /** The ledger has answered. */
  void settled(Settler.Batch batch) {
    Peer owner = batch.owner();
    takenOver(owner, batch.starts());
    Channel channel = channels.to(owner);
    if (!batch.recorded().isEmpty()) {
      sendSettled(channel, batch.recorded(), owner);
    }
    if (!batch.fenced().isEmpty()) {
      meters.fenced.add(batch.fenced().size());
      for (Message.Attempt attempt : batch.fenced()) {
        callbacks.tell(l -> l.fenced(attempt.ref().id(), attempt.attempt()));
      }
      callbacks.flush();
      channel.send(new Message.Fenced(batch.fenced(), window.room(owner)));
    }
  }

  /**
   * Whoever drove these lives, perhaps, and has not heard that another front does: it was taken for
   * gone by one that was cut off itself. It looks what is true.
   */
  void takenOver(Peer owner, List<Start> starts) {
    Map<Peer, List<Message.Attempt>> before = new LinkedHashMap<>();
    for (Start start : starts) {
      if (!start.owner().equals(owner) && channels.known().contains(start.owner())) {
        before.computeIfAbsent(start.owner(), peer -> new ArrayList<>()).add(attempt(start));
      }
    }
    before.forEach(
        (peer, attempts) -> {
          for (List<Message.Attempt> part : Message.parts(attempts)) {
            channels.to(peer).send(new Message.Fenced(part, window.room(peer)));
          }
        });
  }

  /** In messages that a link can carry: a large result travels whole with its settlement. */
  private void sendSettled(Channel channel, List<Message.Settlement> all, Peer owner) {
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < all.size(); i++) {
      int size = size(all.get(i));
      if (i > from && bytes + size > MAX_MESSAGE_BYTES) {
        channel.send(new Message.Settled(List.copyOf(all.subList(from, i)), window.room(owner)));
        from = i;
        bytes = 0;
      }
      bytes += size;
    }
    channel.send(
        new Message.Settled(List.copyOf(all.subList(from, all.size())), window.room(owner)));
  }

  private static int size(Message.Settlement item) {
    byte[] large = item.large();
    if (large != null) {
      return large.length + 128;
    }
    Value result = item.result();
    return result == null ? 16 * 1024 : result.size() + 128;
  }

  /** The ledger did not let it start: its owner looks what is true. */
  void fenced(Start start) {
    meters.fenced.increment();
    channels
        .to(start.owner())
        .send(new Message.Fenced(List.of(attempt(start)), window.room(start.owner())));
  }

  /** They do not run here. */
  void returned(Peer owner, List<Message.Attempt> items, Message.Returned.Why why) {
    for (List<Message.Attempt> part : Message.parts(items)) {
      channels.to(owner).send(new Message.Returned(part, why));
    }
  }

  void progress(Start start, String note) {
    channels.to(start.owner()).sendLossy(new Message.Progress(attempt(start), note));
  }

  static Message.Attempt attempt(Start start) {
    return attempt(start.delivery());
  }

  static Message.Attempt attempt(Message.Delivery delivery) {
    return new Message.Attempt(
        delivery.block(), delivery.nonce(), delivery.index(), delivery.attempt());
  }
}
