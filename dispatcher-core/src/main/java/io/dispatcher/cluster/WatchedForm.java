package io.dispatcher.cluster;

import static io.dispatcher.cluster.WireParts.STATES;
import static io.dispatcher.cluster.WireParts.note;
import static io.dispatcher.cluster.WireParts.number;
import static io.dispatcher.cluster.WireParts.optionalNote;
import static io.dispatcher.cluster.WireParts.optionalText;
import static io.dispatcher.cluster.WireParts.task;
import static io.dispatcher.cluster.WireParts.text;

import io.dispatcher.ledger.TaskRef;
import io.dispatcher.task.Placement;

/** The status of a watched task, as bytes. */
final class WatchedForm {

  private static final int IS_KNOWN = 1;
  private static final int HAS_WHY = 2;
  private static final int HAS_PLACEMENT = 4;

  private WatchedForm() {}

  static void write(WireBuffer out, Message.Watched watched) {
    Placement placement = watched.placement();
    String why = watched.why();
    task(out, watched.task());
    out.u8(
        (watched.known() ? IS_KNOWN : 0)
            | (why != null ? HAS_WHY : 0)
            | (placement != null ? HAS_PLACEMENT : 0));
    text(out, watched.type());
    out.u8(number(STATES, watched.state()));
    optionalNote(out, watched.reason());
    optionalNote(out, watched.node());
    out.varint(watched.attempt());
    optionalNote(out, watched.progress());
    if (why != null) {
      note(out, why);
    }
    if (placement != null) {
      PlacementForm.write(out, placement);
    }
  }

  static Message.Watched read(WireReader in) {
    TaskRef task = task(in);
    int flags = in.flags(IS_KNOWN | HAS_WHY | HAS_PLACEMENT, "a watched task");
    return new Message.Watched(
        task,
        (flags & IS_KNOWN) != 0,
        text(in, "a type"),
        in.one(STATES, "state"),
        optionalText(in, "a reason"),
        optionalText(in, "a node"),
        in.varint(),
        optionalText(in, "a progress note"),
        (flags & HAS_WHY) == 0 ? null : text(in, "why a task waits"),
        (flags & HAS_PLACEMENT) == 0 ? null : PlacementForm.read(in));
  }
}
