package io.dispatcher.node.config;

import io.dispatcher.cluster.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Section {@code node}.
 *
 * @param name unlike that of any other live node of the cluster
 * @param roles what the node does
 * @param zone where it stands, if that is known
 * @param labels what it has that tasks may ask for
 * @param weight its share of the work; null: as many as its slots
 * @param jars folder with the JARs of handler providers
 * @param drain how long running attempts may go on when the node is told to end
 */
public record NodeSection(
    String name,
    Set<Role> roles,
    @Nullable String zone,
    Set<String> labels,
    @Nullable Double weight,
    Path jars,
    Duration drain) {

  /** Copies the sets. */
  public NodeSection {
    roles = Set.copyOf(roles);
    labels = Set.copyOf(labels);
  }
}
