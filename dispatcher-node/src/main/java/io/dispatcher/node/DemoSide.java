package io.dispatcher.node;

import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;

/** Who does the demo's work: the dispatcher, or what it is compared with. Thread-safe. */
interface DemoSide {

  /**
   * Hands a job over and does not wait.
   *
   * @param expected what its result must be
   * @param ended to be run once, when it has ended in any way
   */
  void submit(Job job, Summary expected, Runnable ended);
}
