package io.dispatcher.sim;

import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.Transition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bugs in what the ledger does with a write, for the checker to find: see {@link Sabotage}. */
final class PlantedBugs {

  private final Sabotage sabotage;

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
    boolean words =
        switch (sabotage) {
          case NO_RAISE -> change instanceof Change.Reissue;
          case NO_WRITE_AHEAD -> change instanceof Change.Begin;
          default -> false;
        };
    return words ? Transition.of(block, change, 0, 0).answer() : null;
  }

  /** What a write finds. */
  @Nullable Block seenBy(Change change, @Nullable Block block) {
    return sabotage == Sabotage.SET_ASYNC && change instanceof Change.Create ? null : block;
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
      // A repeat finds itself, or it would be an adoption of its own.
      return owner.equals(adopt.owner())
          ? new Change.Adopt(adopt.write(), owner, adopt.from(), epoch - 1)
          : new Change.Adopt(adopt.write(), adopt.owner(), owner, epoch);
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
      return new Change.Create(write, withNonce(block, write), create.again());
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

  private static Block withNonce(Block block, long nonce) {
    TaskEntry[] entries = new TaskEntry[block.size()];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = block.entry(i);
    }
    return Block.remembered(
        block.id(),
        nonce,
        block.owner(),
        block.ownerEpoch(),
        block.createdAt(),
        block.contentHash(),
        entries);
  }
}
