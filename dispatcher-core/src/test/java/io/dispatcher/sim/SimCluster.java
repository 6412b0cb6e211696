package io.dispatcher.sim;

import io.dispatcher.cluster.Cluster;
import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Membership;
import io.dispatcher.cluster.Transport;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The cluster as one simulated node sees it. */
public final class SimCluster implements Cluster {

  private final SimWorld world;
  private final SimNode node;
  private final Ledger ledger;
  private SimMembership membership;
  private Consumer<Runnable> rejoined = Runnable::run;
  private Consumer<Throwable> ended = error -> {};
  private @Nullable Runnable onEntered;
  private boolean entered;

  SimCluster(SimWorld world, SimNode node) {
    this.world = world;
    this.node = node;
    this.ledger = world.ledger().at(node);
    this.membership = new SimMembership(node.member());
    world.network().at(node);
  }

  /** The name of the process, whoever it is in the cluster now. */
  public Peer peer() {
    return node.process();
  }

  SimNode node() {
    return node;
  }

  /** The node is another peer from now on. */
  void rejoined(List<Member> members) {
    membership = new SimMembership(node.member());
    membership.hears(members, 0);
    node.rejoining(true);
    node.after(0, () -> rejoined.accept(() -> node.rejoining(false)));
  }

  @Override
  public void onRejoin(Consumer<Runnable> listener) {
    rejoined = listener;
  }

  @Override
  public Loop loop(String name) {
    return node.loop(name);
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public Transport transport() {
    return world.network().at(node);
  }

  @Override
  public Membership membership() {
    return membership;
  }

  @Override
  public void onEnd(Consumer<Throwable> listener) {
    ended = listener;
  }

  /** A loop of it threw, and nothing runs on the others any more. */
  void ended(Throwable error) {
    node.afterEnd(world.network().delay(), () -> ended.accept(error));
  }

  /** Calls back once the node has a place in the cluster, at once if it has. */
  public void whenEntered(Runnable then) {
    if (entered) {
      then.run();
    } else {
      onEntered = then;
    }
  }

  void entered() {
    entered = true;
    if (onEntered != null) {
      onEntered.run();
    }
  }

  /** Leaves at once; there is no other thread to wait for. */
  @Override
  public void close() {
    world.left(node);
  }

  /** A pool of this process, for handlers: each piece of work starts on its own. */
  public Executor threads() {
    return node.threads();
  }

  /** A single thread of this process, for callbacks. */
  public Executor thread() {
    return node.thread();
  }

  /** Something this process does later, unless it is killed; after a pause, if it is paused. */
  public void after(long nanos, Runnable action) {
    node.after(nanos, action);
  }

  /** Whether the process lives. */
  public boolean alive() {
    return node.alive();
  }

  void hears(List<Member> members, long delay) {
    membership.hears(members, delay);
  }

  private final class SimMembership implements Membership {
    private final List<Consumer<List<Member>>> listeners = new ArrayList<>();
    private final Member self;
    private List<Member> known = List.of();
    private long last;

    SimMembership(Member self) {
      this.self = self;
    }

    @Override
    public Member self() {
      return self;
    }

    @Override
    public String closed() {
      return world.side(node).takesCalls(world.simulation().now()) ? null : "no majority";
    }

    @Override
    public void listen(Executor executor, Consumer<List<Member>> listener) {
      Consumer<List<Member>> posted = list -> executor.execute(() -> listener.accept(list));
      listeners.add(posted);
      posted.accept(known);
    }

    @Override
    public int size() {
      return world.size();
    }

    @Override
    public int copies() {
      return world.ledger().copies();
    }

    /** Changes are heard in their order, each after its delay. */
    void hears(List<Member> members, long delay) {
      if (!members.contains(self)) {
        return;
      }
      if (known.isEmpty() || delay == 0) {
        known = members;
        listeners.forEach(listener -> listener.accept(members));
        return;
      }
      long now = world.simulation().now();
      last = Math.max(now + delay, last + 1);
      node.after(
          last - now,
          () -> {
            known = members;
            world
                .simulation()
                .trace(node.name(), "sees %s", members.stream().map(m -> m.peer().node()).toList());
            listeners.forEach(listener -> listener.accept(members));
          });
    }
  }
}
