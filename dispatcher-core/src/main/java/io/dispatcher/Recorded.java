package io.dispatcher;

import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.TaskRefused;

/**
 * Hears what became of a front's submissions. Some of it is heard only after this node has become
 * another peer: then the front of that one goes on with them. Confined to the front's loop.
 */
final class Recorded implements Recorder.Sink {

  private final Front front;
  private final Peer self;
  private final Owned owned;
  private final Callbacks callbacks;
  private final Meters meters;

  /**
   * @param front whose submissions these are
   * @param self the peer it is the front of
   */
  Recorded(Front front, Peer self, Owned owned, Callbacks callbacks, Meters meters) {
    this.front = front;
    this.self = self;
    this.owned = owned;
    this.callbacks = callbacks;
    this.meters = meters;
  }

  @Override
  public void recorded(OwnedBlock block) {
    if (front.last() != front) {
      recordedElsewhere(block);
      // Who joined meanwhile has never heard of the owner it names.
      front.last().takeOver(new Ledger.Orphan(block.id, self, block.epoch, true));
      return;
    }
    owned.accepted(block);
    front.turnOver();
  }

  @Override
  public void recordedElsewhere(OwnedBlock block) {
    Front last = front.last();
    meters.accepted.add(block.tasks.length);
    for (OwnedTask task : block.tasks) {
      owned.notDriven(task);
      Handle<?> handle = task.handle;
      if (handle != null) {
        handle.repeats();
        last.watches().attach(handle, task.ref().id());
      }
    }
    last.turnOver();
  }

  @Override
  public void movedOn(Submission submission) {
    owned.notRecorded(submission);
  }

  @Override
  public void exists(Submission submission, Block found) {
    Front last = front.last();
    owned.notRecorded(submission);
    meters.repeated.increment();
    submission.handle().repeats();
    last.watches().attach(submission.handle(), found.id().task(0));
    last.turnOver();
  }

  @Override
  public void refused(Submission submission, TaskRefused why) {
    owned.notRecorded(submission);
    meters.refused(why.reason());
    callbacks.add(() -> submission.handle().refuse(why));
    callbacks.tell(l -> l.refused(submission.type(), why));
    front.turnOver();
  }

  @Override
  public void unknown(Submission submission, AcceptUnknown why) {
    owned.notRecorded(submission);
    callbacks.add(() -> submission.handle().refuse(why));
    callbacks.flush();
  }
}
