package io.dispatcher.node;

/** The process of the front stands still: it takes what is sent to it and answers nothing. */
class FrontFrozenSoak extends FrontLoss {
  @Override
  void lose(ChildNode node) throws Exception {
    new ProcessBuilder("kill", "-STOP", Long.toString(node.pid())).start().waitFor();
  }
}
