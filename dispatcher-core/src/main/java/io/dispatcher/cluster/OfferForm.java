package io.dispatcher.cluster;

import static io.dispatcher.cluster.Wire.MAX_ITEMS;
import static io.dispatcher.cluster.WireParts.count;
import static io.dispatcher.cluster.WireParts.text;

import io.dispatcher.cluster.Message.Offered;
import java.util.ArrayList;
import java.util.List;

/** What a worker offers, as bytes: its types with their pools, slots and measured capacity. */
final class OfferForm {

  private static final int IS_DRAINING = 1;
  private static final int HAS_CAPACITIES = 2;

  /**
   * Told only where the number alone, read as the version before does, would say otherwise; that
   * version refuses it.
   */
  private static final int HAS_WEIGHT = 4;

  private OfferForm() {}

  static void write(WireBuffer out, Message.Offer offer) {
    count(out, offer.types());
    for (Offered type : offer.types()) {
      text(out, type.type());
      text(out, type.pool());
      out.varint(type.slots());
    }
    Double weight = offer.weight();
    out.varint(offer.slots());
    out.float64(weight == null ? offer.slots() : weight);
    boolean measured = offer.types().stream().anyMatch(type -> type.capacity() > 0);
    out.u8(
        (offer.draining() ? IS_DRAINING : 0)
            | (measured ? HAS_CAPACITIES : 0)
            | (weight != null && weight == offer.slots() ? HAS_WEIGHT : 0));
    if (measured) {
      offer.types().forEach(type -> out.float64(type.capacity()));
    }
  }

  static Message.Offer read(WireReader in) {
    int count = in.count(MAX_ITEMS, 3, "types");
    List<Offered> types = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      types.add(new Offered(text(in, "a type"), text(in, "a pool"), slots(in), 0));
    }
    int slots = slots(in);
    double weight = amount(in, "a weight");
    int flags = in.flags(IS_DRAINING | HAS_CAPACITIES | HAS_WEIGHT, "an offer");
    if ((flags & HAS_CAPACITIES) != 0) {
      types.replaceAll(
          type -> new Offered(type.type(), type.pool(), type.slots(), amount(in, "a capacity")));
    }
    boolean configured = (flags & HAS_WEIGHT) != 0 || weight != slots;
    return new Message.Offer(types, slots, configured ? weight : null, (flags & IS_DRAINING) != 0);
  }

  private static int slots(WireReader in) {
    int slots = in.varint();
    if (slots < 0) {
      throw in.malformed(slots + " slots");
    }
    return slots;
  }

  /** What is no amount would make nonsense of every comparison that a balancer makes. */
  private static double amount(WireReader in, String what) {
    double amount = in.float64();
    if (!Double.isFinite(amount) || amount < 0) {
      throw in.malformed(what + " of " + amount);
    }
    return amount;
  }
}
