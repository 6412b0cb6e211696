package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * The end of {@link DevNodes}' conversation that a node process has. It is told to end on stdin and
 * not by a signal: Ctrl-C in a terminal reaches it as well, and a second signal would cut its work
 * short. A parent that is gone is no reason to stay.
 */
final class DevChild {

  static final String STOP = "stop";

  private final PrintStream out;

  private DevChild(PrintStream out) {
    this.out = out;
  }

  /** Takes stdin and stdout over; from now on System.out is stderr. */
  static DevChild open(Duration drain, Consumer<NodeCommand.End> end) {
    DevChild child = new DevChild(System.out);
    System.setOut(System.err);
    Thread reader = new Thread(() -> read(drain, end), "parent");
    reader.setDaemon(true);
    reader.start();
    return child;
  }

  private static void read(Duration drain, Consumer<NodeCommand.End> end) {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals(STOP)) {
          end.accept(new NodeCommand.End(0, drain));
        }
      }
    } catch (IOException e) {
      // As at the end of the stream: nobody is there any more.
    }
    end.accept(new NodeCommand.End(0, Duration.ZERO));
  }

  /** Says where the doors are, and that the node can be used. */
  void ready(List<String> addresses) {
    addresses.forEach(address -> out.print(ParentLink.EVENT + address + "\n"));
    out.print(ParentLink.READY + "\n");
    out.flush();
  }
}
