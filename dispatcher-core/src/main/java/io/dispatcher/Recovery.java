package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.NewestMap;
import io.dispatcher.ledger.Answer;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.Ledger;
import io.dispatcher.ledger.Ledger.Orphan;
import io.dispatcher.ledger.Peer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Takes over the blocks of owners that are gone: looks for them on the partitions whose primary is
 * here, makes this front their owner by one conditional write each, and asks all workers what they
 * hold. What a worker holds goes on undisturbed; everything else gets a raised attempt and goes out
 * again. Confined to the front's loop.
 */
final class Recovery {

  private static final int MOST_AT_ONCE = 32;
  private static final int MOST_PER_SCAN = 256;
  private static final long SCAN_EVERY = 2_000_000_000L;

  /** Partitions are promoted one after the other: after a leave it looks at every tick. */
  private static final long HASTE = 10_000_000_000L;

  /** An owner that this node has never heard of may just have joined. */
  private static final long STRANGER_AFTER = 6_000_000_000L;

  private static final long PAYLOAD_PAUSE = 200_000_000L;
  private static final int MOST_REMEMBERED = 1024;

  /** What workers were asked and have not all answered. */
  private static final class Question {
    final List<OwnedTask> tasks;
    final Set<Peer> open;

    Question(List<OwnedTask> tasks, Set<Peer> open) {
      this.tasks = tasks;
      this.open = open;
    }
  }

  private final Loop loop;
  private final Ledger ledger;
  private final LedgerWriter writer;
  private final Peer self;
  private final Owned owned;
  private final Router router;
  private final Meters meters;

  /** When this node heard that they left. */
  private final Map<Peer, Long> gone = new NewestMap<>(MOST_REMEMBERED);

  private final Map<Peer, Long> strangers = new HashMap<>();
  private final ArrayDeque<Orphan> queue = new ArrayDeque<>();
  private final Set<Orphan> known = new HashSet<>();
  private final Map<Long, Question> questions = new HashMap<>();
  private final List<OwnedTask> unasked = new ArrayList<>();

  /** Unfinished ones, as of the last look. */
  private final Map<BlockId, Long> orphanedSince = new HashMap<>();

  private Set<Peer> live = Set.of();
  private long questionNumber;
  private long scannedAt;
  private long hasteUntil;
  private boolean scanning;
  private boolean stopped;
  private boolean asking;
  private int underWay;

  Recovery(
      Loop loop,
      Ledger ledger,
      LedgerWriter writer,
      Peer self,
      Owned owned,
      Router router,
      Meters meters) {
    this.loop = loop;
    this.ledger = ledger;
    this.writer = writer;
    this.self = self;
    this.owned = owned;
    this.router = router;
    this.meters = meters;
    this.scannedAt = loop.now();
  }

  // ---------------------------------------------------------------- who is gone

  /** These live. */
  void members(Set<Peer> now) {
    live = Set.copyOf(now);
  }

  /**
   * These were here before this node became another peer. Who is not here now is gone: no peer ever
   * comes back.
   */
  void remembers(Set<Peer> before) {
    long now = loop.now();
    before.forEach(peer -> gone.putIfAbsent(peer, now));
    hasteUntil = now + HASTE;
  }

  /** A node left; to be called after {@link #members}. */
  void left(Peer peer) {
    gone.put(peer, loop.now());
    hasteUntil = loop.now() + HASTE;
    silent(peer);
    scan();
  }

  /** A worker does not answer: what it holds is not counted on. */
  void silent(Peer worker) {
    for (Map.Entry<Long, Question> entry : List.copyOf(questions.entrySet())) {
      if (entry.getValue().open.remove(worker)) {
        closeIfAnswered(entry.getKey(), entry.getValue());
      }
    }
  }

  /** Whether it looks at every tick. */
  boolean hasty() {
    return loop.now() - hasteUntil < 0 || underWay > 0;
  }

  /** To be called now and then. */
  void tick() {
    long now = loop.now();
    if (now - hasteUntil < 0 || now - scannedAt >= SCAN_EVERY) {
      scan();
    }
  }

  /** Adopts nothing any more, not even what is being written. */
  void stop() {
    stopped = true;
    queue.clear();
    questions.clear();
    unasked.clear();
  }

  private void scan() {
    if (stopped || scanning || live.isEmpty()) {
      return;
    }
    scanning = true;
    scannedAt = loop.now();
    ledger.orphans(live, MOST_PER_SCAN, loop, this::found);
  }

  private void found(List<Orphan> orphans) {
    scanning = false;
    if (stopped) {
      return;
    }
    long now = loop.now();
    measure(orphans, now);
    Set<Peer> seen = new HashSet<>();
    for (Orphan orphan : orphans) {
      Peer owner = orphan.owner();
      seen.add(owner);
      if (live.contains(owner)) {
        continue;
      }
      if (!gone.containsKey(owner)
          && now - strangers.computeIfAbsent(owner, peer -> now) < STRANGER_AFTER) {
        continue;
      }
      if (known.add(orphan)) {
        queue.add(orphan);
      }
    }
    strangers.keySet().retainAll(seen);
    next();
  }

  private void measure(List<Orphan> orphans, long now) {
    Map<BlockId, Long> before = Map.copyOf(orphanedSince);
    orphanedSince.clear();
    for (Orphan orphan : orphans) {
      if (orphan.unfinished() && !live.contains(orphan.owner())) {
        orphanedSince.put(orphan.id(), before.getOrDefault(orphan.id(), now));
      }
    }
    // In this order: whoever reads between the two must not find some without an age.
    orphanedSince.values().stream()
        .min(Long::compare)
        .ifPresent(oldest -> meters.orphanedSince = oldest);
    meters.orphaned = orphanedSince.size();
  }

  // ---------------------------------------------------------------- adopt

  /** Takes over a block whose owner others may not know to be gone. */
  void takeOver(Orphan orphan) {
    if (!stopped && known.add(orphan)) {
      queue.add(orphan);
      next();
    }
  }

  private void next() {
    while (underWay < MOST_AT_ONCE && !queue.isEmpty()) {
      adopt(queue.remove());
    }
  }

  private void adopt(Orphan orphan) {
    underWay++;
    writer.write(
        orphan.id(),
        new Change.Adopt(writer.newWrite(), self, orphan.owner(), orphan.ownerEpoch()),
        answer -> {
          underWay--;
          known.remove(orphan);
          if (!stopped && answer.status() == Answer.Status.RECORDED && answer.block() != null) {
            long lostAt = gone.getOrDefault(orphan.owner(), loop.now());
            meters.adopted.increment();
            owned
                .adopt(answer.block(), orphan.owner().node(), lostAt)
                .forEach(task -> load(task, false));
          }
          next();
        });
  }

  // ---------------------------------------------------------------- take over

  /**
   * Takes blocks over from an owner that lives and gives them. What it says nobody has goes out
   * under its present attempt; the rest is asked for as if the owner had died.
   */
  void takeOver(Peer from, List<Message.Share> shares, Consumer<Message.TakenOver> reply) {
    List<BlockId> taken = new ArrayList<>();
    List<BlockId> refused = new ArrayList<>();
    int[] open = {shares.size()};
    for (Message.Share share : shares) {
      takeOver(
          from,
          share,
          done -> {
            (done ? taken : refused).add(share.block());
            if (--open[0] == 0) {
              reply.accept(new Message.TakenOver(List.copyOf(taken), List.copyOf(refused)));
            }
          });
    }
  }

  private void takeOver(Peer from, Message.Share share, Consumer<Boolean> then) {
    Orphan given = new Orphan(share.block(), from, share.epoch(), true);
    if (!known.add(given)) {
      // It seemed to be gone, and is being adopted.
      then.accept(false);
      return;
    }
    writer.write(
        share.block(),
        new Change.Adopt(writer.newWrite(), self, from, share.epoch()),
        answer -> {
          known.remove(given);
          Block block = answer.block();
          if (answer.status() == Answer.Status.RECORDED && block != null) {
            took(block, from, share.idle());
            then.accept(true);
          } else {
            then.accept(false);
          }
          router.dispatch();
        });
  }

  private void took(Block block, Peer from, List<Message.Idle> idle) {
    Set<Message.Idle> nobodys = Set.copyOf(idle);
    for (OwnedTask task : owned.adopt(block, from.node(), 0)) {
      if (nobodys.contains(new Message.Idle(task.index, task.attempt))) {
        fetch(task, block.entry(task.index).dueAt(), false);
      } else {
        load(task, false);
      }
    }
  }

  /**
   * A block was brought in, with this front as its owner: nobody has any task of it.
   *
   * @return whether that is new
   */
  boolean brought(Block block) {
    if (!block.owner().equals(self) || owned.has(block.id())) {
      return false;
    }
    for (OwnedTask task : owned.adopt(block, "", 0)) {
      fetch(task, block.entry(task.index).dueAt(), false);
    }
    router.dispatch();
    return true;
  }

  private void fetch(OwnedTask task, long dueAt, boolean again) {
    if (task.isFinal()) {
      return;
    }
    if (task.payload != null) {
      owned.idle(task, dueAt);
      return;
    }
    if (again) {
      owned.doubt(task);
    }
    writer.getValue(
        Recorder.payloadId(task),
        bytes -> {
          if (bytes == null) {
            writer.later(PAYLOAD_PAUSE, () -> fetch(task, dueAt, true));
          } else {
            task.payload = bytes;
            fetch(task, dueAt, false);
            router.dispatch();
          }
        });
  }

  /** A task is asked for once its payload is here, so that it can go out again at once. */
  private void load(OwnedTask task, boolean again) {
    if (task.isFinal() || stopped) {
      return;
    }
    if (task.payload != null) {
      unasked.add(task);
      askSoon();
      return;
    }
    if (again) {
      // It may have been settled meanwhile, and its payload with it.
      owned.doubt(task);
    }
    writer.getValue(
        Recorder.payloadId(task),
        bytes -> {
          if (bytes == null) {
            writer.later(PAYLOAD_PAUSE, () -> load(task, true));
          } else {
            task.payload = bytes;
            load(task, false);
          }
        });
  }

  // ---------------------------------------------------------------- who holds what

  /** Once for all that this turn and those behind it adopted. */
  private void askSoon() {
    if (!asking) {
      asking = true;
      loop.execute(this::ask);
    }
  }

  private void ask() {
    asking = false;
    List<OwnedTask> tasks = List.copyOf(unasked);
    unasked.clear();
    for (int from = 0; from < tasks.size(); from += Message.MAX_ITEMS) {
      ask(tasks.subList(from, Math.min(tasks.size(), from + Message.MAX_ITEMS)));
    }
  }

  private void ask(List<OwnedTask> tasks) {
    List<Message.Attempt> items = new ArrayList<>(tasks.size());
    for (OwnedTask task : tasks) {
      items.add(new Message.Attempt(task.block.id, task.index, task.attempt));
    }
    Set<Peer> open = new HashSet<>();
    long number = ++questionNumber;
    for (WorkerView view : router.workers()) {
      // One that has lapsed is not waited for; should it thaw, it is told to stop what it has.
      if (!view.lapsed) {
        open.add(view.member.peer());
      }
      view.channel.send(new Message.Inventory(number, List.copyOf(items)));
    }
    Question question = new Question(tasks, open);
    questions.put(number, question);
    closeIfAnswered(number, question);
  }

  /** A worker told what it holds. */
  void holding(Peer worker, Message.Holding answer) {
    WorkerView view = router.worker(worker);
    Question question = questions.get(answer.question());
    WorkerView holder = question == null || view == null || view.lapsed ? null : view;
    List<Message.Attempt> late = new ArrayList<>();
    for (Message.Attempt item : answer.items()) {
      OwnedTask task = owned.find(item.ref());
      if (holder == null
          || task == null
          || task.isFinal()
          || task.attempt != item.attempt()
          || !task.adopting) {
        late.add(item);
      } else if (task.worker == null) {
        router.holds(holder, task);
      }
    }
    if (view != null && !late.isEmpty()) {
      Message.parts(late).forEach(part -> view.channel.send(new Message.Stop(part)));
    }
    if (question != null && question.open.remove(worker)) {
      closeIfAnswered(answer.question(), question);
    }
  }

  private void closeIfAnswered(long number, Question question) {
    if (!question.open.isEmpty() || questions.remove(number) == null) {
      return;
    }
    owned.adopted(question.tasks);
  }
}
