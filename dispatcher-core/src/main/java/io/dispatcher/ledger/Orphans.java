package io.dispatcher.ledger;

import io.dispatcher.ledger.Ledger.Orphan;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One look for blocks whose owner is none of those that live. It remembers a bounded number of each
 * kind, so that what cannot be adopted at once, however much that is, does not hide what can.
 * Confined to whoever looks.
 */
public final class Orphans {

  private final Set<Peer> live;
  private final Set<Peer> gone;
  private final int most;
  private final Kind ready = new Kind(new ArrayList<>(), new ArrayList<>());
  private final Kind others = new Kind(new ArrayList<>(), new ArrayList<>());

  private record Kind(List<Orphan> unfinished, List<Orphan> ended) {}

  /** For {@link Ledger#orphans}, whose words these are. */
  public Orphans(Set<Peer> live, Set<Peer> gone, int most) {
    this.live = live;
    this.gone = gone;
    this.most = most;
  }

  /** Whether looking on is not worth it: there is enough to adopt at once. */
  public boolean full() {
    return ready.unfinished.size() >= most;
  }

  /**
   * Looks at a block.
   *
   * @param whole whether its partition has all its copies: a write there need not wait for one
   */
  public void look(Block block, boolean whole) {
    if (live.contains(block.owner())) {
      return;
    }
    Orphan orphan = Orphan.of(block);
    Kind kind = whole && gone.contains(orphan.owner()) ? ready : others;
    List<Orphan> list = orphan.unfinished() ? kind.unfinished : kind.ended;
    if (list.size() < most) {
      list.add(orphan);
    }
  }

  /** What was found. */
  public Ledger.Found found() {
    return new Ledger.Found(told(ready), told(others));
  }

  private List<Orphan> told(Kind kind) {
    return Stream.concat(kind.unfinished.stream(), kind.ended.stream()).limit(most).toList();
  }
}
