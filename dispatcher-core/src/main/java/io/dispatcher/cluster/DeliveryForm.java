package io.dispatcher.cluster;

import static io.dispatcher.cluster.Wire.MAX_FRAME_BYTES;
import static io.dispatcher.cluster.Wire.MAX_ITEMS;
import static io.dispatcher.cluster.WireParts.SAME_BLOCK;
import static io.dispatcher.cluster.WireParts.block;
import static io.dispatcher.cluster.WireParts.count;
import static io.dispatcher.cluster.WireParts.index;
import static io.dispatcher.cluster.WireParts.text;

import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Deliveries as bytes: a run of the same block or profile names it once. */
final class DeliveryForm {

  private static final int SAME_PROFILE = 2;
  private static final int HAS_KEY = 4;
  private static final int HAS_DEADLINE = 8;
  private static final int HAS_FAILURES = 16;
  private static final int HAS_DEATHS = 32;

  private DeliveryForm() {}

  static void write(WireBuffer out, List<Delivery> items) {
    count(out, items);
    Delivery last = null;
    for (Delivery item : items) {
      boolean sameBlock =
          last != null
              && item.nonce() == last.nonce()
              && item.epoch() == last.epoch()
              && item.block().equals(last.block());
      boolean sameProfile = last != null && item.profile().equals(last.profile());
      String key = item.key();
      out.u8(
          (sameBlock ? SAME_BLOCK : 0)
              | (sameProfile ? SAME_PROFILE : 0)
              | (key != null ? HAS_KEY : 0)
              | (item.deadlineInMillis() != 0 ? HAS_DEADLINE : 0)
              | (item.failures() != 0 ? HAS_FAILURES : 0)
              | (item.deaths() != 0 ? HAS_DEATHS : 0));
      if (!sameBlock) {
        block(out, item.block());
        out.fixed64(item.nonce());
        out.varlong(item.epoch());
      }
      if (!sameProfile) {
        profile(out, item.profile());
      }
      index(out, item.index());
      out.varint(item.attempt());
      if (item.failures() != 0) {
        out.varint(item.failures());
      }
      if (item.deaths() != 0) {
        out.varint(item.deaths());
      }
      if (key != null) {
        text(out, key);
      }
      if (item.deadlineInMillis() != 0) {
        out.varlong(item.deadlineInMillis());
      }
      out.blob(item.payload());
      last = item;
    }
  }

  static List<Delivery> read(WireReader in) {
    int known = SAME_BLOCK | SAME_PROFILE | HAS_KEY | HAS_DEADLINE | HAS_FAILURES | HAS_DEATHS;
    int count = in.count(MAX_ITEMS, 4, "deliveries");
    List<Delivery> items = new ArrayList<>(count);
    Delivery last = null;
    for (int i = 0; i < count; i++) {
      int flags = in.flags(known, "a delivery");
      boolean sameBlock = (flags & SAME_BLOCK) != 0;
      boolean sameProfile = (flags & SAME_PROFILE) != 0;
      if (last == null && (sameBlock || sameProfile)) {
        throw in.malformed("the first delivery refers to one before it");
      }
      BlockId block = sameBlock && last != null ? last.block() : block(in);
      long nonce = sameBlock && last != null ? last.nonce() : in.fixed64();
      long epoch = sameBlock && last != null ? last.epoch() : in.varlong();
      Profile profile = sameProfile && last != null ? last.profile() : profile(in);
      int index = in.u8();
      int attempt = in.varint();
      int failures = (flags & HAS_FAILURES) != 0 ? in.varint() : 0;
      int deaths = (flags & HAS_DEATHS) != 0 ? in.varint() : 0;
      String key = (flags & HAS_KEY) != 0 ? text(in, "a key") : null;
      long deadline = (flags & HAS_DEADLINE) != 0 ? in.varlong() : 0;
      byte[] payload = in.blob(MAX_FRAME_BYTES, "a payload");
      last =
          new Delivery(
              block, nonce, epoch, index, attempt, failures, deaths, profile, key, payload,
              deadline);
      items.add(last);
    }
    return items;
  }

  /** Without what only its owner has to know: labels, and whether it explains. */
  private static void profile(WireBuffer out, Profile profile) {
    Backoff backoff = profile.backoff();
    text(out, profile.type());
    out.varint(profile.retries());
    out.varlong(backoff.initial().toNanos());
    out.float64(backoff.factor());
    out.varlong(backoff.cap().toNanos());
    out.float64(backoff.jitter());
    out.varlong(profile.timeLimitMillis());
    out.varlong(profile.deadlineMillis());
    out.varlong(profile.notBefore());
    out.varint(profile.priority());
    out.varlong(profile.retentionMillis());
  }

  private static Profile profile(WireReader in) {
    return new Profile(
        text(in, "a type"),
        in.varint(),
        new Backoff(
            Duration.ofNanos(in.varlong()),
            in.float64(),
            Duration.ofNanos(in.varlong()),
            in.float64()),
        in.varlong(),
        in.varlong(),
        in.varlong(),
        in.varint(),
        in.varlong());
  }
}
