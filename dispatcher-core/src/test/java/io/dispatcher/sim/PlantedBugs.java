package io.dispatcher.sim;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Transition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Bugs in what the ledger does with a write, for the checker to find: see {@link Sabotage}. */
final class PlantedBugs {

  private final Sabotage sabotage;
  private final Map<BlockId, Map<Peer, Long>> everOwned = new HashMap<>();

  PlantedBugs(Sabotage sabotage) {
    this.sabotage = sabotage;
  }

  /** The write that the primary carries out in place of this one. */
  Change inPlaceOf(Change change, Block block) {
    return switch (sabotage) {
      case NO_ATTEMPT_CHECK -> ofCurrentAttempts(block, change);
      case NO_SEQUENCE_CHECK -> ofTheNextSequence(block, change);
      case NO_OWNER_EPOCH -> ofTheOwner(block, change);
      default -> change;
    };
  }

  /** What is answered to a write that is not carried out at all; null if it is. */
  @Nullable Answer inWordsOnly(Change change, Block block) {
    if (change instanceof Change.Reissue reissue
        && leavesAsItIs(reissue.cause())
        && reissue.owner().equals(block.owner())) {
      return inWordsOnly(block, reissue.items());
    }
    return change instanceof Change.Begin begin && sabotage == Sabotage.NO_WRITE_AHEAD
        ? inWordsOnly(block, begin.items())
        : null;
  }

  private boolean leavesAsItIs(Change.Cause cause) {
    return sabotage == Sabotage.NO_RAISE
        || (sabotage == Sabotage.NO_RAISE_AT_ADOPTION && cause == Change.Cause.ADOPTED);
  }

  private static Answer inWordsOnly(Block block, List<Change.Item> wanted) {
    List<Answer.Item> items = new ArrayList<>();
    for (Change.Item item : wanted) {
      TaskEntry entry = block.entry(item.index());
      items.add(new Answer.Item(!entry.isFinal() && entry.attempt() == item.attempt(), entry));
    }
    return new Answer(Answer.Status.RECORDED, block.owner(), block.ownerEpoch(), items, null);
  }

  /** Whoever has once owned a block is told that it still does. */
  Transition toEachOwner(Peer caller, BlockId id, Change change, Transition transition) {
    if (sabotage != Sabotage.NO_OWNER_EPOCH) {
      return transition;
    }
    Map<Peer, Long> owners = everOwned.computeIfAbsent(id, any -> new HashMap<>());
    Block next = transition.next();
    if (next != null) {
      owners.putIfAbsent(next.owner(), next.ownerEpoch());
    }
    Long epoch = owners.get(caller);
    Answer answer = transition.answer();
    if (!(change instanceof Change.Confirm) || epoch == null || answer.block() == null) {
      return transition;
    }
    Block shown = as(answer.block(), answer.block().nonce(), caller, epoch);
    return new Transition(
        next,
        transition.delta(),
        new Answer(answer.status(), caller, epoch, answer.items(), shown));
  }

  private static Change ofCurrentAttempts(Block block, Change change) {
    if (!(change instanceof Change.Settle settle)) {
      return change;
    }
    List<Change.Settlement> items = new ArrayList<>();
    for (Change.Settlement item : settle.items()) {
      items.add(
          new Change.Settlement(
              item.index(),
              block.entry(item.index()).attempt(),
              item.result(),
              item.failure(),
              item.retryAllowed(),
              item.retryDueAt(),
              item.run()));
    }
    return new Change.Settle(settle.write(), settle.nonce(), items);
  }

  private static Change ofTheNextSequence(Block block, Change change) {
    return change instanceof Change.Save save
        ? new Change.Save(
            save.write(),
            save.nonce(),
            save.index(),
            save.attempt(),
            block.entry(save.index()).saves() + 1,
            save.checkpoint())
        : change;
  }

  private static Change ofTheOwner(Block block, Change change) {
    Peer owner = block.owner();
    long epoch = block.ownerEpoch();
    if (change instanceof Change.Reissue reissue) {
      return new Change.Reissue(
          reissue.write(),
          owner,
          epoch,
          reissue.items(),
          reissue.cause(),
          reissue.node(),
          reissue.at());
    }
    if (change instanceof Change.End end) {
      return new Change.End(end.write(), owner, epoch, end.items(), end.end());
    }
    if (change instanceof Change.Adopt adopt) {
      return new Change.Adopt(adopt.write(), adopt.owner(), owner, epoch);
    }
    if (change instanceof Change.Forget forget) {
      return new Change.Forget(forget.write(), owner, epoch, forget.indexes());
    }
    return change instanceof Change.Delete delete
        ? new Change.Delete(delete.write(), owner, epoch, delete.nonce())
        : change;
  }

  static Change withNewId(Change change, long write) {
    if (change instanceof Change.Create create) {
      Block block = create.block();
      return new Change.Create(write, as(block, write, block.owner(), block.ownerEpoch()));
    }
    if (change instanceof Change.Settle settle) {
      return new Change.Settle(write, settle.nonce(), settle.items());
    }
    if (change instanceof Change.Reissue reissue) {
      return new Change.Reissue(
          write,
          reissue.owner(),
          reissue.ownerEpoch(),
          reissue.items(),
          reissue.cause(),
          reissue.node(),
          reissue.at());
    }
    return change instanceof Change.End end
        ? new Change.End(write, end.owner(), end.ownerEpoch(), end.items(), end.end())
        : change;
  }

  private static Block as(Block block, long nonce, Peer owner, long epoch) {
    TaskEntry[] entries = new TaskEntry[block.size()];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = block.entry(i);
    }
    return Block.remembered(
        block.id(), nonce, owner, epoch, block.createdAt(), block.contentHash(), entries);
  }
}
