package io.dispatcher.cluster;

import io.dispatcher.task.Placement;
import io.dispatcher.task.Placement.Candidate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link Placement} as bytes. */
final class PlacementForm {

  private static final int MAX_TEXT_BYTES = 4096;
  private static final int HAS_NODE = 1;
  private static final int HAS_EXCLUDED = 1;
  private static final int IS_DRAWN = 2;

  private PlacementForm() {}

  static void write(WireBuffer out, Placement placement) {
    String node = placement.node();
    out.string(placement.balancer());
    out.string(placement.rule());
    out.u8(node == null ? 0 : HAS_NODE);
    if (node != null) {
      out.string(node);
    }
    out.varint(placement.attempt());
    out.varlong(placement.at().toEpochMilli());
    out.varint(placement.omitted());
    out.varint(placement.candidates().size());
    for (Candidate candidate : placement.candidates()) {
      String excluded = candidate.excluded();
      out.string(candidate.node());
      out.string(candidate.zone());
      out.varlong(candidate.load());
      out.varint(candidate.slots());
      out.float64(candidate.weight());
      out.varlong(candidate.sessions());
      out.float64(candidate.latencyMillis());
      out.u8((excluded == null ? 0 : HAS_EXCLUDED) | (candidate.drawn() ? IS_DRAWN : 0));
      if (excluded != null) {
        out.string(excluded);
      }
    }
  }

  static Placement read(WireReader in) {
    String balancer = text(in, "a balancer");
    String rule = text(in, "a rule");
    String node = in.flags(HAS_NODE, "a placement") == 0 ? null : text(in, "a node");
    int attempt = in.varint();
    Instant at = Instant.ofEpochMilli(in.varlong());
    int omitted = in.varint();
    int count = in.count(Placement.MAX_CANDIDATES, 20, "candidates");
    List<Candidate> candidates = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      candidates.add(candidate(in));
    }
    if (omitted < 0) {
      throw in.malformed("a placement omits " + omitted);
    }
    return new Placement(balancer, rule, node, attempt, at, candidates, omitted);
  }

  private static Candidate candidate(WireReader in) {
    String node = text(in, "a node");
    String zone = text(in, "a zone");
    long load = in.varlong();
    int slots = in.varint();
    double weight = in.float64();
    long sessions = in.varlong();
    double latencyMillis = in.float64();
    int flags = in.flags(HAS_EXCLUDED | IS_DRAWN, "a candidate");
    @Nullable String excluded =
        (flags & HAS_EXCLUDED) == 0 ? null : text(in, "why it was excluded");
    return new Candidate(
        node,
        zone,
        load,
        slots,
        weight,
        sessions,
        latencyMillis,
        (flags & IS_DRAWN) != 0,
        excluded);
  }

  private static String text(WireReader in, String what) {
    return in.string(MAX_TEXT_BYTES, what);
  }
}
