package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Member;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.ledger.Peer;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.WaitingReason;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Puts the cluster's picture together: what this front knows and what the other fronts answer in
 * time. However many ask, it is put together four times a second at the most. Confined to the
 * front's loop.
 */
final class Views {

  private static final Logger LOG = System.getLogger("io.dispatcher");
  private static final long ANSWER_WITHIN = 500_000_000L;
  private static final long FRESH_FOR = 250_000_000L;
  private static final long LEFT_SHOWN_FOR = 60_000_000_000L;
  private static final int MOST_LEFT = 100;

  private record Departed(Member member, long at) {}

  private final Loop loop;
  private final Peer self;
  private final Gate gate;
  private final Types types;
  private final Router router;
  private final Owned owned;
  private final Channels channels;
  private final Callbacks callbacks;
  private final Map<Peer, Member> members = new LinkedHashMap<>();
  private final ArrayDeque<Departed> left = new ArrayDeque<>();
  private final List<CompletableFuture<ClusterView>> asking = new ArrayList<>();
  private final Map<Peer, FrontView> answers = new LinkedHashMap<>();
  private final Set<Peer> awaited = new HashSet<>();
  private long question;
  private @Nullable ClusterView last;
  private long lastAt;

  Views(
      Loop loop,
      Peer self,
      Gate gate,
      Types types,
      Router router,
      Owned owned,
      Channels channels,
      Callbacks callbacks) {
    this.loop = loop;
    this.self = self;
    this.gate = gate;
    this.types = types;
    this.router = router;
    this.owned = owned;
    this.channels = channels;
    this.callbacks = callbacks;
  }

  /** Who is in the cluster now. */
  void members(List<Member> now) {
    Map<Peer, Member> before = new HashMap<>(members);
    members.clear();
    now.forEach(member -> members.put(member.peer(), member));
    before.keySet().removeAll(members.keySet());
    for (Member gone : before.values()) {
      left.add(new Departed(gone, loop.now()));
      if (awaited.remove(gone.peer()) && awaited.isEmpty()) {
        complete();
      }
    }
    while (left.size() > MOST_LEFT) {
      left.remove();
    }
  }

  // ---------------------------------------------------------------- asking

  /** Completes on the callback executor. */
  void view(CompletableFuture<ClusterView> future) {
    ClusterView recent = last;
    if (recent != null && loop.now() - lastAt < FRESH_FOR) {
      callbacks.add(() -> future.complete(recent));
      return;
    }
    asking.add(future);
    if (asking.size() > 1) {
      return;
    }
    long asked = ++question;
    for (Member member : members.values()) {
      if (member.is(Role.FRONT) && !member.peer().equals(self)) {
        awaited.add(member.peer());
        channels.to(member.peer(), Role.FRONT).sendLossy(new Message.ViewAsk(asked));
      }
    }
    if (awaited.isEmpty()) {
      complete();
    } else {
      loop.after(
          ANSWER_WITHIN,
          () -> {
            if (asked == question && !asking.isEmpty()) {
              complete();
              callbacks.flush();
            }
          });
    }
  }

  void asked(Peer from, Message.ViewAsk ask) {
    byte[] view = FrontViewCodec.encode(own());
    channels.to(from, Role.FRONT).sendLossy(new Message.ViewTold(ask.question(), view));
  }

  void told(Peer from, Message.ViewTold told) {
    if (told.question() != question || !awaited.contains(from)) {
      return;
    }
    try {
      answers.put(from, FrontViewCodec.decode(told.view()));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the view of {0} is not understood: {1}", from, e.getMessage());
      return;
    }
    awaited.remove(from);
    if (awaited.isEmpty()) {
      complete();
    }
  }

  private void complete() {
    answers.put(self, own());
    ClusterView made = merged();
    last = made;
    lastAt = loop.now();
    answers.clear();
    awaited.clear();
    asking.forEach(future -> callbacks.add(() -> future.complete(made)));
    asking.clear();
  }

  /** Tells whoever waits that this front is gone. */
  void abandon(DispatcherException why) {
    asking.forEach(future -> callbacks.add(() -> future.completeExceptionally(why)));
    asking.clear();
  }

  // ---------------------------------------------------------------- this front

  private FrontView own() {
    long now = loop.now();
    Map<String, long[]> running = new HashMap<>();
    for (WorkerView worker : router.workers()) {
      worker.each(task -> running.computeIfAbsent(task.profile.type(), type -> new long[1])[0]++);
    }
    List<FrontView.Type> counted = new ArrayList<>();
    for (TypeQueue queue : router.queues()) {
      if (router.known(queue.type()) || queue.tally.unfinished() > 0) {
        counted.add(type(queue, running.getOrDefault(queue.type(), new long[1])[0], now));
      }
    }
    // Should there be too many for one message, those that matter least are left out.
    counted.sort(
        Comparator.<FrontView.Type>comparingLong(type -> type.waiting() + type.running())
            .reversed());
    return new FrontView(
        gate.readiness(),
        gate.leaving(),
        true,
        owned.unfinished(),
        List.copyOf(counted),
        router.faults().view(),
        owned.failures().view(loop.wallMillis()),
        router.ejected());
  }

  private FrontView.Type type(TypeQueue queue, long running, long now) {
    TypeTally tally = queue.tally;
    long waiting = Math.max(0, tally.unfinished() - running);
    Map<String, Long> reasons = new TreeMap<>();
    count(reasons, WaitingReason.DELAYED, tally.delayed);
    count(reasons, WaitingReason.BACKOFF, tally.backoff);
    count(reasons, queue.reason(), Math.min(queue.size(), waiting));
    long oldest = queue.waiting.oldestSince();
    for (TypeQueue branch : queue.branches()) {
      count(reasons, branch.reason(), Math.min(branch.size(), waiting));
      oldest = Math.min(oldest, branch.waiting.oldestSince());
    }
    return new FrontView.Type(
        queue.type(),
        types.declared(queue.type()),
        waiting,
        reasons,
        oldest == Long.MAX_VALUE ? 0 : Math.max(0, now - oldest) / 1e9,
        running,
        tally.succeeded,
        tally.failed,
        tally.cancelled,
        tally.expired,
        tally.endedPerSecond(now),
        tally.queueing(),
        tally.total());
  }

  private static void count(Map<String, Long> reasons, WaitingReason reason, long tasks) {
    if (tasks > 0) {
      reasons.merge(reason.text(), tasks, Long::sum);
    }
  }

  // ---------------------------------------------------------------- all

  private ClusterView merged() {
    boolean complete = awaited.isEmpty();
    for (FrontView front : answers.values()) {
      complete &= front.whole();
    }
    return new ClusterView(
        self.node(),
        complete,
        nodes(),
        ViewMerge.types(answers.values(), types::balancerName, this::handling),
        ViewMerge.faults(answers.values()),
        ViewMerge.failures(answers.values()));
  }

  private List<String> handling(String type) {
    return router.workers().stream()
        .filter(view -> view.listed && view.types.contains(type))
        .map(WorkerView::node)
        .sorted()
        .toList();
  }

  private List<ClusterView.NodeView> nodes() {
    Map<String, ClusterView.NodeView> byName = new TreeMap<>();
    members.values().forEach(member -> byName.put(member.peer().node(), node(member)));
    left.removeIf(departed -> loop.now() - departed.at() > LEFT_SHOWN_FOR);
    for (Departed departed : left) {
      byName.putIfAbsent(departed.member().peer().node(), gone(departed.member()));
    }
    return List.copyOf(byName.values());
  }

  private ClusterView.NodeView node(Member member) {
    WorkerView view = router.worker(member.peer());
    FrontView front = answers.get(member.peer());
    boolean silent = front == null && member.is(Role.FRONT);
    boolean draining = front != null && front.leaving();
    // One that only takes tasks in has nobody who could run any.
    boolean drained = draining && !member.is(Role.WORKER) && !member.is(Role.STORE);
    int slots = 0;
    if (view != null) {
      silent = view.suspect();
      draining |= view.draining();
      drained = view.rests() && view.running == 0;
      slots = view.types.isEmpty() ? 0 : view.slots;
    }
    String unheard = member.is(Role.FRONT) ? "no answer in time" : "no role front";
    return new ClusterView.NodeView(
        member.peer().node(),
        roles(member),
        zone(member),
        List.copyOf(new TreeSet<>(member.labels())),
        drained ? "drained" : draining ? "draining" : silent ? "silent" : "up",
        slots,
        view == null || slots == 0 ? 0 : view.weight(),
        ejected(member.peer().node()),
        view == null ? 0 : view.running,
        view == null ? 0 : view.held,
        front == null ? 0 : front.unfinished(),
        front != null && front.readiness().ready(),
        front == null ? unheard : front.readiness().reason());
  }

  private static ClusterView.NodeView gone(Member member) {
    return new ClusterView.NodeView(
        member.peer().node(),
        roles(member),
        zone(member),
        List.copyOf(new TreeSet<>(member.labels())),
        "left",
        0,
        0,
        List.of(),
        0,
        0,
        0,
        false,
        "left");
  }

  private List<String> ejected(String node) {
    Set<String> types = new TreeSet<>();
    for (FrontView front : answers.values()) {
      types.addAll(front.ejected().getOrDefault(node, List.of()));
    }
    return List.copyOf(types);
  }

  private static List<String> roles(Member member) {
    Set<Role> ordered = EnumSet.noneOf(Role.class);
    ordered.addAll(member.roles());
    return ordered.stream().map(role -> role.name().toLowerCase(Locale.ROOT)).toList();
  }

  private static String zone(Member member) {
    String zone = member.zone();
    return zone == null ? "" : zone;
  }
}
