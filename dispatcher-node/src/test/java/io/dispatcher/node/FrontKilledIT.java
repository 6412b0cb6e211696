package io.dispatcher.node;

/** The process of the front is gone. */
class FrontKilledIT extends FrontLoss {
  @Override
  void lose(ChildNode node) {
    node.kill();
  }
}
