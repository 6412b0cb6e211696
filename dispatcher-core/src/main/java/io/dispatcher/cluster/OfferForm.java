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

  private OfferForm() {}

  static void write(WireBuffer out, Message.Offer offer) {
    count(out, offer.types());
    for (Offered type : offer.types()) {
      text(out, type.type());
      text(out, type.pool());
      out.varint(type.slots());
    }
    out.varint(offer.slots());
    out.float64(offer.weight());
    boolean measured = offer.types().stream().anyMatch(type -> type.capacity() > 0);
    out.u8((offer.draining() ? IS_DRAINING : 0) | (measured ? HAS_CAPACITIES : 0));
    if (measured) {
      offer.types().forEach(type -> out.float64(type.capacity()));
    }
  }

  static Message.Offer read(WireReader in) {
    int count = in.count(MAX_ITEMS, 3, "types");
    List<Offered> types = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      types.add(new Offered(text(in, "a type"), text(in, "a pool"), in.varint(), 0));
    }
    int slots = in.varint();
    double weight = in.float64();
    int flags = in.flags(IS_DRAINING | HAS_CAPACITIES, "an offer");
    if ((flags & HAS_CAPACITIES) != 0) {
      types.replaceAll(type -> new Offered(type.type(), type.pool(), type.slots(), in.float64()));
    }
    return new Message.Offer(types, slots, weight, (flags & IS_DRAINING) != 0);
  }
}
