package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;

/** The demo's jobs as tasks of the dispatcher; each outcome is compared, and read again. */
record DemoTasks(Dispatcher dispatcher, DemoTally tally) implements DemoSide {

  @Override
  public void submit(Job job, Summary expected, Runnable ended) {
    TaskHandle<Summary> handle = dispatcher.submit(DemoWork.TYPE.task(job));
    handle
        .accepted()
        .whenComplete(
            (id, refusal) -> {
              if (refusal == null) {
                tally.accepted();
                handle.outcome().thenAccept(outcome -> ended(outcome, expected, ended));
              } else {
                tally.refused();
                ended.run();
              }
            });
  }

  private void ended(Outcome<Summary> outcome, Summary expected, Runnable ended) {
    boolean right =
        outcome instanceof Outcome.Succeeded<Summary> succeeded
            && succeeded.value().equals(expected);
    tally.done(outcome, right);
    // A second time: one outcome is what it must show to everybody.
    dispatcher
        .attach(outcome.id(), DemoWork.TYPE)
        .outcome()
        .whenComplete(
            (second, error) -> {
              if (error == null) {
                tally.verified(outcome, second);
              }
              ended.run();
            });
  }
}
