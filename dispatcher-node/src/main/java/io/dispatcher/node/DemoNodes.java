package io.dispatcher.node;

import io.dispatcher.Dispatcher;
import io.dispatcher.cluster.LoopbackPorts;
import java.util.ArrayList;
import java.util.List;

/** The demo's node processes, and the front of this one. Thread-safe. */
final class DemoNodes {
  private final ChildNodes children;
  private final DemoReport report;
  private final DemoTally tally;
  private final List<Integer> members;
  private final List<Integer> doors;
  private final int frontPort;
  private final int pagePort;

  /** The process that has a name now; one that was killed is followed by another. */
  private final List<ChildNode> current = new ArrayList<>();

  /** Starts all and does not wait. */
  DemoNodes(ChildNodes children, int count, DemoReport report) {
    this.children = children;
    this.report = report;
    tally = new DemoTally(count);
    List<Integer> ports = LoopbackPorts.free(2 * count + 2);
    members = ports.subList(0, count);
    doors = ports.subList(count, 2 * count);
    frontPort = ports.get(2 * count);
    pagePort = ports.get(2 * count + 1);
    for (int i = 0; i < count; i++) {
      current.add(start(i));
    }
  }

  private ChildNode start(int index) {
    return children.start(
        Topology.name(index),
        List.of(
            "demo-node",
            "--index=" + index,
            "--ports=" + LoopbackPorts.text(members),
            "--http-port=" + doors.get(index)),
        (child, event) -> tally.started(index, DemoTally.Start.of(event)));
  }

  void awaitReady() {
    for (int i = 0; i < members.size(); i++) {
      up(i, current().get(i));
    }
  }

  private void up(int index, ChildNode node) {
    ChildNodes.awaitReady(node);
    report.event("%s is up: pid %d, %s", node.name(), node.pid(), RunDoors.url(doors.get(index)));
  }

  /** Starts a node once more, after its process has ended, and waits until it is up. */
  void restart(int index) {
    ChildNode again = start(index);
    synchronized (this) {
      current.set(index, again);
    }
    up(index, again);
  }

  /** Joins the cluster as a front. */
  Dispatcher front() {
    return Dispatcher.builder()
        .cluster(new Topology(members).front("front", frontPort))
        .listener(tally)
        .start();
  }

  DemoTally tally() {
    return tally;
  }

  int pagePort() {
    return pagePort;
  }

  synchronized List<ChildNode> current() {
    return List.copyOf(current);
  }
}
