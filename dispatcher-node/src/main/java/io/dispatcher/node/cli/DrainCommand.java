package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dispatcher.client.HttpTaskClient;
import io.dispatcher.node.DurationOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks nodes to leave on purpose. */
@Command(
    name = "drain",
    description = {
      "Asks nodes to leave, as SIGTERM does: no new tasks, running attempts finish or go on elsewhere"
          + " from their next checkpoint, tasks are handed over; then the node leaves and its"
          + " process ends."
    },
    mixinStandardHelpOptions = true)
public final class DrainCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 200;

  @Mixin private Target target = new Target();

  @Parameters(arity = "0..*", paramLabel = "NODE", description = "names, as `nodes` shows them")
  private List<String> names = List.of();

  @Option(names = "--all", description = "every node of the cluster")
  private boolean all;

  @Option(
      names = "--stay",
      description =
          "take and start nothing any more, but stay a member: for `ledger export` before a full"
              + " stop")
  private boolean stay;

  @Option(
      names = "--wait",
      arity = "0..1",
      paramLabel = "TIME",
      fallbackValue = "1m",
      converter = DurationOption.class,
      description = "until they have left, or run nothing any more, at most so long (1m)")
  private @Nullable Duration wait;

  @Override
  public Integer call() throws InterruptedException {
    if (all == !names.isEmpty()) {
      throw target.usage("name the nodes to drain, or say --all");
    }
    try (HttpTaskClient client = target.client(Duration.ofSeconds(5))) {
      Draining draining = new Draining(client, stay);
      // Even where they are named: who answers now is not there to say so once it has left.
      List<String> every = draining.everyNode();
      List<String> nodes = all ? every : names;
      nodes.forEach(draining::ask);
      List<String> open = wait == null ? List.of() : await(draining, nodes, wait);
      // With --json there is one value on stdout, and the error is it.
      if (open.isEmpty() || !target.json()) {
        tell(nodes, open);
      }
      if (!open.isEmpty()) {
        throw CommandFailed.notKnown(String.join(", ", open) + why(draining));
      }
      return 0;
    }
  }

  private static String why(Draining draining) {
    return draining.silent()
        ? " asked to leave, not known whether done: nobody answers at --url any more; ask another"
            + " node with `nodes`"
        : " not drained in time; see `nodes`";
  }

  private static List<String> await(Draining draining, List<String> nodes, Duration atMost)
      throws InterruptedException {
    long begun = System.nanoTime();
    List<String> open = draining.open(nodes);
    while (!open.isEmpty() && !draining.silent() && System.nanoTime() - begun < atMost.toNanos()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      open = draining.open(open);
    }
    return open;
  }

  private void tell(List<String> nodes, List<String> open) {
    if (target.json()) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      ArrayNode asked = json.putArray("nodes");
      nodes.forEach(asked::add);
      json.put("drained", wait != null && open.isEmpty());
      Target.print(json);
      return;
    }
    for (String node : nodes) {
      String done = stay ? "has drained and stays" : "has left";
      boolean known = wait != null && !open.contains(node);
      Screen.line(System.out, "node " + node + (known ? " " + done : " drains"));
    }
  }
}
