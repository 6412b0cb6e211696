package io.dispatcher.sim;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Transport;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * The network between all nodes. Frames of one pair of roles keep their order as long as their link
 * lives, unless a fault says otherwise; frames of different pairs overtake each other. Frames of a
 * node to itself are never lost.
 */
final class SimNetwork {

  private static final long MILLI = 1_000_000L;

  private final SimWorld world;
  private final Simulation simulation;
  private final RandomGenerator random;
  private final long base;
  private final Map<Peer, End> ends = new HashMap<>();
  private final Map<Pair, Long> arrivals = new HashMap<>();
  private final Map<Link, Integer> links = new HashMap<>();
  private final Set<Link> cuts = new HashSet<>();

  /** Ways on which nothing passes, no call of the ledger either; between processes. */
  private final Set<Link> walls = new HashSet<>();

  private UnaryOperator<Frame> codec = UnaryOperator.identity();

  SimNetwork(SimWorld world) {
    this.world = world;
    this.simulation = world.simulation();
    this.random = world.random("network");
    this.base = 40_000 + random.nextLong(1_000_000);
  }

  /** Every frame passes through this on its way: encode and decode it. */
  void codec(UnaryOperator<Frame> frames) {
    this.codec = frames;
  }

  /** The time of one way between two machines. */
  long delay() {
    if (world.faults().slowTail() > 0 && random.nextDouble() < world.faults().slowTail()) {
      simulation.count("slow network");
      return (10 + random.nextLong(190)) * MILLI;
    }
    return base / 2 + random.nextLong(base);
  }

  Transport at(SimNode node) {
    return ends.computeIfAbsent(node.peer(), peer -> new End(node));
  }

  /** Frames from one peer to another vanish, in this direction, until healed. */
  void cut(Peer from, Peer to) {
    cuts.add(new Link(from, to));
  }

  void heal(Peer from, Peer to) {
    cuts.remove(new Link(from, to));
  }

  void healAll() {
    cuts.clear();
    walls.clear();
  }

  void wall(Peer from, Peer to) {
    walls.add(new Link(from, to));
  }

  void open(Peer from, Peer to) {
    walls.remove(new Link(from, to));
  }

  /** Whether some do not reach each other at all. */
  boolean inPieces() {
    return !walls.isEmpty();
  }

  boolean reaches(SimNode from, SimNode to) {
    return from == to || !walls.contains(new Link(from.process(), to.process()));
  }

  /** A node is another peer from now on: nothing of the old one reaches anybody. */
  void rename(SimNode node, Peer before) {
    End end = ends.remove(before);
    if (end != null) {
      end.forget();
      ends.put(node.peer(), end);
    }
  }

  /** The links of a dead peer close; those it talked to hear of it, each in its time. */
  void died(Peer peer) {
    ends.values().forEach(end -> end.hearsClose(peer, random.nextLong(30 * MILLI)));
  }

  /** What is under way between two peers is lost, and both hear that their links closed. */
  private void reset(Peer one, Peer other) {
    links.merge(new Link(one, other), 1, Integer::sum);
    links.merge(new Link(other, one), 1, Integer::sum);
    hearsClose(one, other);
    hearsClose(other, one);
  }

  private void hearsClose(Peer hearer, Peer other) {
    End end = ends.get(hearer);
    if (end != null) {
      end.hearsClose(other, random.nextLong(5 * MILLI));
    }
  }

  private boolean hit(double probability, String what) {
    if (probability <= 0 || random.nextDouble() >= probability) {
      return false;
    }
    simulation.count(what);
    return true;
  }

  private void send(SimNode sender, Transport.Address from, Transport.Address to, Frame sent) {
    if (!sender.alive() || !sender.peer().equals(from.peer())) {
      return;
    }
    sender.sends();
    Frame frame = codec.apply(sent);
    End target = ends.get(to.peer());
    if (target == null || !target.node.alive()) {
      return;
    }
    if (from.peer().equals(to.peer())) {
      simulation.trace(sender.name(), "%s", new Shown(from, to, frame));
      arrive(target, from, to, frame, 2_000 + random.nextLong(10_000), true);
      return;
    }
    Faults faults = world.faults();
    Link link = new Link(from.peer(), to.peer());
    if (cuts.contains(new Link(sender.process(), target.node.process()))
        || !reaches(sender, target.node)) {
      simulation.count("frame cut off");
      simulation.trace(sender.name(), "CUT OFF %s", new Shown(from, to, frame));
      return;
    }
    if (hit(faults.linkReset(), "link reset")) {
      simulation.trace(sender.name(), "LINK RESET at %s", new Shown(from, to, frame));
      reset(from.peer(), to.peer());
      return;
    }
    if (hit(faults.frameDropped(), "frame dropped")) {
      simulation.trace(sender.name(), "DROPPED %s", new Shown(from, to, frame));
      return;
    }
    simulation.trace(sender.name(), "%s", new Shown(from, to, frame));
    if (hit(faults.frameLate(), "frame late")) {
      arrive(target, from, to, frame, delay() + random.nextLong(1_500) * MILLI, false);
    } else {
      arrive(target, from, to, frame, delay(), true);
    }
    if (hit(faults.frameRepeated(), "frame repeated")) {
      arrive(target, from, to, frame, delay() + random.nextLong(800) * MILLI, false);
    }
  }

  private void arrive(
      End target,
      Transport.Address from,
      Transport.Address to,
      Frame frame,
      long delay,
      boolean inOrder) {
    Link link = new Link(from.peer(), to.peer());
    int life = links.getOrDefault(link, 0);
    long at = simulation.now() + delay;
    if (inOrder) {
      Pair pair = new Pair(from, to);
      at = Math.max(at, arrivals.getOrDefault(pair, 0L) + 1);
      arrivals.put(pair, at);
    }
    target.node.after(
        at - simulation.now(),
        () -> {
          if (links.getOrDefault(link, 0) == life
              && ends.get(to.peer()) == target
              && ends.containsKey(from.peer())
              && !cuts.contains(
                  new Link(ends.get(from.peer()).node.process(), target.node.process()))
              && reaches(ends.get(from.peer()).node, target.node)) {
            target.deliver(from, to.role(), frame);
          }
        });
  }

  private record Link(Peer from, Peer to) {}

  private record Pair(Transport.Address from, Transport.Address to) {}

  /** A frame as the trace shows it, once somebody reads it. */
  private final class Shown {
    private final Transport.Address from;
    private final Transport.Address to;
    private final Frame frame;

    Shown(Transport.Address from, Transport.Address to, Frame frame) {
      this.from = from;
      this.to = to;
      this.frame = frame;
    }

    @Override
    public String toString() {
      return from.role()
          + " to "
          + to.peer().node()
          + ":"
          + to.role()
          + " "
          + world.labels().of(frame);
    }
  }

  /** One node's end. */
  private final class End implements Transport {
    private final SimNode node;
    private final Map<Role, Consumer<Runnable>> executors = new EnumMap<>(Role.class);
    private final Map<Role, BiConsumer<Address, Frame>> receivers = new EnumMap<>(Role.class);
    private final List<Consumer<Peer>> closed = new ArrayList<>();

    End(SimNode node) {
      this.node = node;
    }

    @Override
    public void send(Address from, Address to, Frame frame) {
      SimNetwork.this.send(node, from, to, frame);
    }

    @Override
    public void receive(Role role, Executor executor, BiConsumer<Address, Frame> receiver) {
      executors.put(role, executor::execute);
      receivers.put(role, receiver);
    }

    @Override
    public void onClose(Executor executor, Consumer<Peer> listener) {
      closed.add(peer -> executor.execute(() -> listener.accept(peer)));
    }

    void forget() {
      executors.clear();
      receivers.clear();
      closed.clear();
    }

    void deliver(Address from, Role role, Frame frame) {
      BiConsumer<Address, Frame> receiver = receivers.get(role);
      if (receiver != null) {
        executors.get(role).accept(() -> receiver.accept(from, frame));
      }
    }

    void hearsClose(Peer peer, long delay) {
      if (!peer.equals(node.peer())) {
        node.after(delay, () -> closed.forEach(listener -> listener.accept(peer)));
      }
    }
  }
}
