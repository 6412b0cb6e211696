package io.dispatcher.node.chaos;

import io.dispatcher.node.ChildNode;
import io.dispatcher.node.RunFailed;
import java.io.IOException;

/** Signals that Java cannot send. */
final class Freezing {
  private Freezing() {}

  /** Whether this machine can freeze a process. */
  static boolean canPause() {
    try {
      Process process =
          new ProcessBuilder("kill", "-0", "" + ProcessHandle.current().pid()).start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static void signal(String which, ChildNode child) throws InterruptedException {
    try {
      Process process = new ProcessBuilder("kill", which, Long.toString(child.pid())).start();
      if (process.waitFor() != 0) {
        throw new RunFailed("kill " + which + " " + child.pid() + " did not work");
      }
    } catch (IOException e) {
      throw new RunFailed("cannot run kill: " + e.getMessage(), e);
    }
  }
}
