package io.dispatcher.cluster;

import io.dispatcher.ledger.Peer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A live node of the cluster.
 *
 * @param zone where it stands, if configured
 */
public record Member(Peer peer, Set<Role> roles, @Nullable String zone, Set<String> labels) {
  public Member {
    roles = Set.copyOf(roles);
    labels = Set.copyOf(labels);
  }

  /** Whether it has this role. */
  public boolean is(Role role) {
    return roles.contains(role);
  }
}
