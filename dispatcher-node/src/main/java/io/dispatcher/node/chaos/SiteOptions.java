package io.dispatcher.node.chaos;

import io.dispatcher.node.RunDoors;
import io.dispatcher.node.Topology;
import java.util.List;
import picocli.CommandLine.Option;

/** What {@link Sites#arguments} tells a process: the nodes come first, the callers last. */
final class SiteOptions {

  @Option(names = "--hosts", required = true, split = ",")
  private List<String> hosts = List.of();

  @Option(names = "--ports", required = true, split = ",", description = "of the members")
  private List<Integer> ports = List.of();

  @Option(names = "--doors", required = true, split = ",", description = "of the nodes over HTTP")
  private List<Integer> doors = List.of();

  @Option(names = "--bus-port", required = true, description = "of the callers as a bus member")
  private int busPort;

  private int nodes() {
    return doors.size();
  }

  Topology topology() {
    return new Topology(hosts.subList(0, nodes()), ports.subList(0, nodes()));
  }

  String host(int place) {
    return hosts.get(place);
  }

  int door(int node) {
    return doors.get(node);
  }

  String callersHost() {
    return hosts.get(nodes());
  }

  int callersPort() {
    return ports.get(nodes());
  }

  int busPort() {
    return busPort;
  }

  String[] urls() {
    String[] urls = new String[nodes()];
    for (int node = 0; node < urls.length; node++) {
      urls[node] = RunDoors.url(hosts.get(node), doors.get(node));
    }
    return urls;
  }
}
