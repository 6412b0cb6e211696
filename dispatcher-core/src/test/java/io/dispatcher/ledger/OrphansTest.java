package io.dispatcher.ledger;

import static io.dispatcher.ledger.Blocks.HEIR;
import static io.dispatcher.ledger.Blocks.NONCE;
import static io.dispatcher.ledger.Blocks.OWNER;
import static io.dispatcher.ledger.Blocks.THIRD;
import static io.dispatcher.ledger.Blocks.created;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a look for orphans tells, and in which order. One owner is gone, one a stranger. */
class OrphansTest {

  private final Orphans orphans = new Orphans(Set.of(HEIR), Set.of(OWNER), 3);

  private void look(long name, Peer owner, boolean whole) {
    look(name, owner, whole, false);
  }

  private void look(long name, Peer owner, boolean whole, boolean ended) {
    TaskEntry entry = created().entry(0);
    Block block =
        Block.fresh(new BlockId(7, 1, name), NONCE, owner, 0, null, new TaskEntry[] {entry});
    block = Blocks.apply(null, new Change.Create(1, block)).next();
    orphans.look(ended ? Blocks.apply(block, Blocks.success(2, 0, 1)).next() : block, whole);
  }

  private static List<Long> names(List<Ledger.Orphan> told) {
    return told.stream().map(each -> each.id().low()).toList();
  }

  private void assertFound(List<Long> ready, List<Long> others) {
    assertEquals(ready, names(orphans.found().ready()));
    assertEquals(others, names(orphans.found().others()));
  }

  @Test
  void blocks_of_those_that_live_are_none() {
    look(1, HEIR, true);

    assertFound(List.of(), List.of());
  }

  @Test
  void what_is_whole_and_whose_owner_is_gone_for_certain_can_be_adopted_at_once() {
    look(1, THIRD, true);
    look(2, OWNER, false);
    look(3, OWNER, true);

    assertFound(List.of(3L), List.of(1L, 2L));
    assertFalse(orphans.full());
  }

  @Test
  void the_unfinished_come_first() {
    look(1, THIRD, true, true);
    look(2, OWNER, true, true);
    look(3, THIRD, true);
    look(4, OWNER, true);

    assertFound(List.of(4L, 2L), List.of(3L, 1L));
  }

  @Test
  void however_many_cannot_be_adopted_at_once_or_have_ended_they_hide_no_others() {
    for (int name = 1; name <= 10; name++) {
      look(name, name % 2 == 0 ? THIRD : OWNER, name % 2 == 0);
      look(name, OWNER, true, true);
    }
    for (int name = 11; name <= 13; name++) {
      assertFalse(orphans.full());
      look(name, OWNER, true);
    }

    assertTrue(orphans.full());
    assertFound(List.of(11L, 12L, 13L), List.of(1L, 2L, 3L));
  }
}
