package io.dispatcher.hazelcast;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.config.Config;
import com.hazelcast.config.TcpIpConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.internal.cluster.impl.ClusterServiceImpl;
import com.hazelcast.internal.server.ServerConnection;
import com.hazelcast.internal.server.ServerConnectionManager;
import com.hazelcast.spi.impl.NodeEngineImpl;
import io.dispatcher.cluster.NewestMap;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks, as long as this node's part of the cluster has no majority, whether it can reach another
 * part that knows more, and says so. Hazelcast's own merge knows nothing of eras, and would move
 * the newer records to where the older ones are as gladly as the other way; it is switched off.
 */
final class OtherParts implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(OtherParts.class);
  private static final long EVERY_MILLIS = 500;
  private static final long ANSWER_MILLIS = 1_000;
  private static final int MOST_REMEMBERED = 256;

  /** Parts that only just meet may be joining anyway. */
  private static final int LOOKS = 2;

  private final HazelcastInstance instance;
  private final Supplier<@Nullable Part> own;
  private final Runnable superseded;
  private final Thread thread;
  private final List<String> configured;

  /** Where store nodes were once. */
  private final Map<Address, Boolean> seen = new NewestMap<>(MOST_REMEMBERED);

  private final OldestMembers oldest = new OldestMembers();

  private List<Part> shown = List.of();
  private volatile boolean closed;

  /**
   * @param own this node's part; null if it cannot be told now
   * @param superseded told once, when this node is to leave its part and to join another one
   */
  OtherParts(
      HazelcastInstance instance, String name, Supplier<@Nullable Part> own, Runnable superseded) {
    this.instance = instance;
    this.own = own;
    this.superseded = superseded;
    this.configured = configured(instance.getConfig());
    this.thread = new Thread(this::run, "dispatcher-parts-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private static List<String> configured(Config config) {
    TcpIpConfig list =
        config.getAdvancedNetworkConfig().isEnabled()
            ? config.getAdvancedNetworkConfig().getJoin().getTcpIpConfig()
            : config.getNetworkConfig().getJoin().getTcpIpConfig();
    return List.copyOf(list.getMembers());
  }

  private void run() {
    int agreed = 0;
    while (!closed) {
      try {
        TimeUnit.MILLISECONDS.sleep(EVERY_MILLIS);
        agreed = look() ? agreed + 1 : 0;
        if (agreed >= LOOKS) {
          superseded.run();
          return;
        }
      } catch (InterruptedException interrupted) {
        return;
      } catch (RuntimeException failed) {
        if (closed || !instance.getLifecycleService().isRunning()) {
          return;
        }
        log.debug("Looking for other parts of the cluster failed; trying again", failed);
      }
    }
  }

  /** Whether there is a part that this node had better be in. */
  private boolean look() throws InterruptedException {
    Set<Address> here = new HashSet<>();
    for (Member member : instance.getCluster().getMembers()) {
      here.add(member.getAddress());
      if (Roster.isStore(member)) {
        seen.put(member.getAddress(), true);
      }
    }
    Part mine = own.get();
    if (mine == null) {
      return false;
    }
    if (mine.quorate()) {
      oldest.seen(instance.getCluster().getMembers());
      return false;
    }
    List<Part> others = ask(elsewhere(here));
    if (!others.equals(shown)) {
      shown = others;
      log.info("Without a majority: {}; others within reach: {}", mine, others);
    }
    return others.stream().anyMatch(mine::yieldsTo);
  }

  private Set<Address> elsewhere(Set<Address> here) {
    Set<Address> all = new HashSet<>(seen.keySet());
    all.addAll(oldest.addresses());
    for (String member : configured) {
      try {
        int colon = member.lastIndexOf(':');
        all.add(
            new Address(
                member.substring(0, colon).replaceAll("[\\[\\]]", ""),
                Integer.parseInt(member.substring(colon + 1))));
      } catch (UnknownHostException unknown) {
        log.debug("{} is no known host", member);
      }
    }
    all.removeAll(here);
    return all;
  }

  private record Asked(ServerConnection connection, Future<long[]> answer) {}

  private List<Part> ask(Set<Address> addresses) throws InterruptedException {
    Node node = ((NodeEngineImpl) LedgerHost.engine(instance)).getNode();
    ServerConnectionManager connections =
        node.getServer().getConnectionManager(EndpointQualifier.MEMBER);
    Map<Address, Asked> asked = new HashMap<>();
    for (Address address : addresses) {
      // Connects in the background if there is none; then the next look will find it.
      ServerConnection connection = connections.getOrConnect(address, true);
      if (connection != null && connection.isAlive()) {
        asked.put(
            address,
            new Asked(
                connection,
                node.getNodeEngine()
                    .getOperationService()
                    .createInvocationBuilder(ClusterServiceImpl.SERVICE_NAME, new LookOp(), address)
                    .setTryCount(1)
                    .setCallTimeout(ANSWER_MILLIS)
                    .invoke()));
      }
    }
    List<Part> parts = new ArrayList<>();
    Set<UUID> reached = new HashSet<>();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ANSWER_MILLIS);
    for (Map.Entry<Address, Asked> each : asked.entrySet()) {
      try {
        long[] longs =
            each.getValue().answer.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        UUID who = oldest.at(each.getKey());
        if (who != null) {
          // A member that only shares the event bus cannot say more than that it is there.
          reached.add(who);
        }
        if (longs.length > 0) {
          parts.add(Part.of(longs));
        }
      } catch (ExecutionException failed) {
        log.debug("A node elsewhere does not say how it stands", failed);
      } catch (TimeoutException silent) {
        // Through one from before the cut TCP may send again only many seconds after the heal.
        each.getValue().connection.close("no answer from another part of the cluster", silent);
      }
    }
    parts.replaceAll(part -> reached.contains(part.id()) ? part.withFirst() : part);
    return parts;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
