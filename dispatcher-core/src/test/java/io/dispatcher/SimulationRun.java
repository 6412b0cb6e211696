package io.dispatcher;

import static io.dispatcher.cluster.Role.FRONT;
import static io.dispatcher.cluster.Role.STORE;
import static io.dispatcher.cluster.Role.WORKER;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Message;
import io.dispatcher.cluster.Role;
import io.dispatcher.cluster.Wire;
import io.dispatcher.cluster.WireBuffer;
import io.dispatcher.ledger.Peer;
import io.dispatcher.sim.Checker;
import io.dispatcher.sim.Sabotage;
import io.dispatcher.sim.Faults;
import io.dispatcher.sim.SimCluster;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Codec;
import io.dispatcher.task.Task;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * One seed: three nodes with every role, two that only work and may die, load, and what goes wrong;
 * then calm, in which every accepted task has to reach its outcome.
 */
final class SimulationRun {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final long CALM_AT_MOST = 45 * SECOND;
  private static final long CALM_AFTER_SPLITS = 75 * SECOND;
  private static final long LOOK_EVERY = 50 * MILLI;
  private static final int LEAST_DONE = 25;
  private static final int LEAST_FAULTS = 5;
  private static final int LINES_SHOWN = Integer.getInteger("sim.lines", 160);

  /** Seeds may run side by side. */
  private static final ThreadLocal<WireBuffer> WIRE = ThreadLocal.withInitial(WireBuffer::new);

  private static final TaskType<String, String> WORK =
      TaskType.of("work", Codec.text(), Codec.text())
          .backoff(new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(2), 0.25));

  /** What the cluster is like, and what happens to it. */
  enum Kind {
    /** Holders of ledger data that run nothing die beside the nodes. */
    VAULTS,
    /** Three store nodes; the network falls apart, nodes freeze. */
    THREE,
    /** Five store nodes, of which two may die at once. */
    FIVE,
    /** Three store nodes, of which one dies while another is cut off. */
    DEATH_IN_SPLIT
  }

  /** A failure of a task's code. Its trace would cost more than all the rest. */
  private static final class Fails extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Fails(String message) {
      super(message, null, false, false);
    }
  }

  /** How a task's code behaves. */
  private enum Mode {
    OK,
    SLOW,
    LARGE,
    STEPS,
    FAILS_TWICE,
    FAILS,
    THROWS,
    OVER_LIMIT,
    POISON
  }

  private final long seed;
  private final Simulation simulation;
  private final SimWorld world;
  private final Checker checker;
  private final RandomGenerator random;
  private final List<Node> fronts = new ArrayList<>();
  private final List<Node> workers = new ArrayList<>();
  private final List<TaskId> ids = new ArrayList<>();
  private final IdentityHashMap<CompletableFuture<?>, Peer> questions = new IdentityHashMap<>();
  private final Kind kind;
  private final Map<String, Mode> modes = new HashMap<>();
  private int labels;
  private int poisons;

  /** Not all fronts leave at once: who comes after that takes the owners for strangers a while. */
  private boolean oneStays;

  private boolean nothingDies;

  private final class Node {
    private final String name;
    private final Set<Role> roles;
    private final int slots;
    private SimCluster cluster;
    private Dispatcher dispatcher;

    /** It is told to leave, or has left. */
    private boolean leaves;

    Node(String name, Set<Role> roles) {
      this.name = name;
      this.roles = roles;
      this.slots = 2 + random.nextInt(5);
      this.cluster = world.node(name, roles);
    }

    Peer peer() {
      return cluster.peer();
    }

    void start() {
      SimCluster mine = cluster;
      checker.worker(peer(), slots);
      mine.after(
          random.nextLong(20 * MILLI),
          () ->
              Dispatcher.builder()
                  .handleAsync(WORK, (text, context) -> handle(mine, text, context))
                  .cluster(mine)
                  .callbacks(mine.thread())
                  .pool("default", slots, mine.threads())
                  .startAsync()
                  .whenComplete(
                      (started, error) -> {
                        if (error != null) {
                          simulation.error(name, error);
                        }
                        dispatcher = started;
                        simulation.trace(name, "started");
                      }));
    }

    /** The same name comes back as another peer, once the old one is gone. */
    void restart() {
      if (world.alive(peer())) {
        return;
      }
      leaves = false;
      dispatcher = null;
      cluster = world.node(name, roles);
      start();
    }
  }

  SimulationRun(long seed, Sabotage sabotage) {
    this.seed = seed;
    this.kind = Kind.values()[(int) (seed % Kind.values().length)];
    this.simulation = new Simulation(seed);
    this.world = new SimWorld(simulation, kind == Kind.FIVE ? 3 : 2, sabotage);
    this.checker = new Checker(world);
    this.random = simulation.random("plan");
    for (String name :
        kind == Kind.FIVE ? List.of("a", "b", "c", "d", "e") : List.of("a", "b", "c")) {
      fronts.add(new Node(name, Set.of(STORE, FRONT, WORKER)));
    }
    for (String name : List.of("x", "y")) {
      workers.add(new Node(name, Set.of(WORKER)));
    }
    if (sabotage == Sabotage.NO_CONSENT) {
      world.codec(SimulationRun::withoutConsent);
    } else if (seed / Kind.values().length % 4 == 0) {
      // Each kind now and then.
      world.codec(SimulationRun::throughTheWire);
    }
    if (kind == Kind.VAULTS) {
      world.vault("v1");
      world.vault("v2");
    }
    world.start();
  }

  private static Frame withoutConsent(Frame frame) {
    if (!(frame.message() instanceof Message.HandOver handOver)) {
      return frame;
    }
    List<Message.Share> shares = new ArrayList<>();
    for (Message.Share share : handOver.blocks()) {
      List<Message.Idle> idle = new ArrayList<>(share.idle());
      for (int i = 0; i < 10; i++) {
        int index = i;
        if (idle.stream().noneMatch(task -> task.index() == index)) {
          idle.add(new Message.Idle(index, 1));
        }
      }
      shares.add(new Message.Share(share.block(), share.epoch(), idle));
    }
    return new Frame(
        frame.number(), frame.handled(), new Message.HandOver(shares, handOver.holders()));
  }

  private static Frame throughTheWire(Frame frame) {
    WireBuffer buffer = WIRE.get();
    buffer.clear();
    Wire.write(buffer, FRONT, WORKER, frame);
    byte[] bytes = buffer.toBytes();
    return Wire.read(bytes, Wire.HEADER_BYTES, bytes.length - Wire.HEADER_BYTES).frame();
  }

  /** Nothing goes wrong, but nodes leave on purpose. */
  SimulationRun onlyDrains() {
    nothingDies = true;
    return run(chaos -> drains(chaos, random.nextInt(4), false));
  }

  /** Nodes leave on purpose all the time, and die in the middle of it. */
  SimulationRun manyDrains() {
    return run(
        chaos -> {
          oneStays = true;
          world.faults(Faults.draw(simulation.random("faults")));
          drains(chaos, 12, true);
        });
  }

  SimulationRun run() {
    return run(
        chaos -> {
          world.faults(Faults.draw(simulation.random("faults")));
          plan(chaos);
        });
  }

  private SimulationRun run(LongConsumer faults) {
    fronts.forEach(Node::start);
    workers.forEach(Node::start);
    simulation.runUntil(() -> fronts.stream().allMatch(n -> n.dispatcher != null), 5 * SECOND);
    long chaos = (6 + random.nextLong(8)) * SECOND;
    load(chaos);
    ask(chaos);
    faults.accept(chaos);
    simulation.run(chaos);
    world.calm();
    // A drain that began before takes its time, and the node comes back after that.
    boolean drains = simulation.counts().containsKey("drained");
    simulation.after((drains ? 16 : 4) * SECOND, checker::watchForStalls);
    long calm = kind == Kind.VAULTS ? CALM_AT_MOST : CALM_AFTER_SPLITS;
    long end = simulation.now() + calm;
    while (simulation.now() < end && !(nothingCounted() && checker.allDone() && allAnswered())) {
      simulation.run(LOOK_EVERY);
    }
    if (!allAnswered()) {
      simulation.error("world", new IllegalStateException("a question has no answer"));
    }
    if (checker.allDone() && !nothingCounted()) {
      simulation.error("world", new IllegalStateException("a front counts tasks that have ended"));
    }
    checker.finish();
    return this;
  }

  /** Own counts = open attempts, at any time; with nothing to do, 0. */
  private boolean nothingCounted() {
    boolean nothing = true;
    for (Node node : fronts) {
      Dispatcher dispatcher = node.dispatcher;
      Front front = dispatcher == null || !world.alive(node.peer()) ? null : dispatcher.front();
      if (front != null) {
        if (front.drift() != 0) {
          simulation.error(
              node.name, new IllegalStateException("counts differ by " + front.drift()));
        }
        nothing &= dispatcher.figures().assigned() == 0;
      }
    }
    return nothing;
  }

  // What goes wrong, apart from what each frame and each ledger call risks

  private void plan(long chaos) {
    for (int i = random.nextInt(4); i > 0; i--) {
      Node worker = any(workers);
      simulation.after(random.nextLong(chaos), () -> kill(worker, random.nextBoolean()));
    }
    int deaths = kind == Kind.THREE ? random.nextInt(2) : random.nextInt(3);
    for (int i = deaths; i > 0; i--) {
      Node front = any(fronts);
      Node other = kind == Kind.FIVE && random.nextBoolean() ? any(fronts) : front;
      simulation.after(
          random.nextLong(chaos),
          () -> {
            boolean whole = world.survivesADeath();
            killFront(front, whole);
            // From five on two deaths at once are promised to lose nothing.
            killFront(other, whole);
          });
    }
    if (kind != Kind.VAULTS) {
      splits(chaos);
    }
    for (int i = random.nextInt(5); i > 0; i--) {
      simulation.after(random.nextLong(chaos), this::cut);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      simulation.after(random.nextLong(chaos), this::pause);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      simulation.after(random.nextLong(chaos), world::killVault);
    }
    drains(chaos, random.nextInt(4), true);
  }

  // Nodes that leave on purpose, and what happens to them and to others in the middle of it

  private void drains(long chaos, int count, boolean kills) {
    RandomGenerator chance = simulation.random("drains");
    for (int i = 0; i < count; i++) {
      List<Node> some = chance.nextInt(4) == 0 ? workers : fronts;
      Node node = some.get(chance.nextInt(some.size()));
      long time = (kills ? 1 + chance.nextLong(8) : 25) * SECOND;
      long at = chance.nextLong(chaos);
      simulation.after(at, () -> drain(node, time));
      if (kills && chance.nextInt(3) == 0) {
        // The owner or somebody who takes over, mostly before the last block is handed over.
        Node victim = chance.nextBoolean() ? node : fronts.get(chance.nextInt(fronts.size()));
        long later = at + chance.nextLong(chance.nextBoolean() ? 30 * MILLI : 500 * MILLI);
        simulation.after(
            later,
            () -> {
              if (fronts.contains(victim)) {
                killFront(victim, world.survivesADeath());
              } else {
                kill(victim, true);
              }
            });
      }
    }
  }

  private void drain(Node node, long time) {
    Peer peer = node.peer();
    Dispatcher dispatcher = node.dispatcher;
    if (!world.alive(peer) || dispatcher == null || node.leaves) {
      return;
    }
    boolean alone = fronts.stream().allMatch(n -> n == node || n.leaves || n.dispatcher == null);
    if (oneStays && alone) {
      return;
    }
    node.leaves = true;
    simulation.count("drained");
    simulation.trace(peer.node(), "DRAINS");
    checker.workerLeaves(peer);
    dispatcher
        .drain(Duration.ofNanos(time))
        .thenAccept(drained -> node.cluster.after(100 * MILLI, () -> leave(node)));
  }

  /** Its data has moved to others before it leaves. */
  private void leave(Node node) {
    if (!world.survivesADeath()) {
      node.cluster.after(100 * MILLI, () -> leave(node));
      return;
    }
    checker.frontKilled(node.peer());
    node.cluster.close();
    simulation.after((100 + random.nextLong(2_000)) * MILLI, node::restart);
  }

  /** One after the other, so that each is one fault. */
  private void splits(long chaos) {
    long at = random.nextLong(2 * SECOND);
    while (at < chaos) {
      long nanos = (500 + random.nextLong(9_000)) * MILLI;
      int shape = random.nextInt(kind == Kind.DEATH_IN_SPLIT ? 2 : 6);
      simulation.after(at, () -> split(shape, nanos));
      if (kind == Kind.DEATH_IN_SPLIT) {
        Node victim = any(fronts);
        simulation.after(
            at + random.nextLong(nanos + SECOND), () -> killFront(victim, world.survivesADeath()));
      }
      at += nanos + (3 + random.nextLong(6)) * SECOND;
    }
  }

  private void split(int shape, long nanos) {
    if (!world.survivesADeath()) {
      // A cut beside a death that the ledger has not recovered from is more than is promised.
      return;
    }
    Set<Peer> apart = new LinkedHashSet<>();
    apart.add(any(fronts).peer());
    if (kind == Kind.FIVE && random.nextBoolean()) {
      apart.add(any(fronts).peer());
    }
    for (Node worker : workers) {
      if (random.nextInt(3) == 0) {
        apart.add(worker.peer());
      }
    }
    switch (shape) {
      case 0, 1 -> world.split(apart, true, nanos);
      case 2 -> world.split(apart, false, nanos);
      case 3 -> world.scatter(nanos);
      case 4 -> world.freeze(any(fronts).peer(), nanos);
      default -> world.freeze(any(workers).peer(), nanos);
    }
  }

  private void kill(Node worker, boolean comesBack) {
    Peer peer = worker.peer();
    if (!world.alive(peer)) {
      return;
    }
    world.kill(peer);
    if (comesBack) {
      simulation.after((900 + random.nextLong(2_000)) * MILLI, worker::restart);
    }
  }

  /** An owner dies, and its part of the ledger with it; it comes back empty, as another peer. */
  private void killFront(Node front, boolean safe) {
    Peer peer = front.peer();
    if (!world.alive(peer) || !safe) {
      return;
    }
    world.kill(peer);
    checker.frontKilled(peer);
    simulation.count("owner killed");
    simulation.after((900 + random.nextLong(2_000)) * MILLI, front::restart);
  }

  private void cut() {
    Node from = random.nextInt(3) == 0 ? any(fronts) : any(workers);
    Node to = any(fronts);
    long nanos =
        random.nextInt(5) < 3
            ? (50 + random.nextLong(1_500)) * MILLI
            : (3_000 + random.nextLong(3_000)) * MILLI;
    if (from != to) {
      boolean swap = random.nextBoolean();
      world.cut((swap ? to : from).peer(), (swap ? from : to).peer(), random.nextBoolean(), nanos);
    }
  }

  private void pause() {
    boolean front = random.nextInt(3) == 0;
    Node node = front ? any(fronts) : any(workers);
    world.pause(node.peer(), (100 + random.nextLong(front ? 2_000 : 5_000)) * MILLI);
  }

  private Node any(List<Node> nodes) {
    return nodes.get(random.nextInt(nodes.size()));
  }

  // The load

  private void load(long chaos) {
    int tasks = 60 + random.nextInt(60);
    while (labels < tasks) {
      int together = random.nextInt(3) == 0 ? 2 + random.nextInt(9) : 1;
      List<String> group = new ArrayList<>();
      for (int i = 0; i < together; i++) {
        group.add("t" + ++labels);
      }
      Node front = any(fronts);
      front.cluster.after(random.nextLong(chaos), () -> submit(front, group));
    }
  }

  /** Fronts are asked what they see, and how tasks stand. */
  private void ask(long chaos) {
    RandomGenerator chance = simulation.random("questions");
    for (long at = 0; at < chaos; at += chance.nextLong(500 * MILLI)) {
      Node front = fronts.get(chance.nextInt(fronts.size()));
      front.cluster.after(
          at,
          () -> {
            if (front.dispatcher == null) {
              return;
            }
            asked(front, front.dispatcher.view().toCompletableFuture());
            if (!ids.isEmpty()) {
              TaskId id = ids.get(chance.nextInt(ids.size()));
              asked(front, front.dispatcher.find(id).toCompletableFuture());
            }
          });
    }
  }

  private void asked(Node front, CompletableFuture<?> answer) {
    questions.put(answer, front.peer());
  }

  /** What was asked of a front that was killed has no answer. */
  private boolean allAnswered() {
    return questions.entrySet().stream()
        .allMatch(asked -> asked.getKey().isDone() || !world.alive(asked.getValue()));
  }

  private void submit(Node front, List<String> group) {
    if (front.dispatcher == null) {
      // It is about to start.
      return;
    }
    if (front.leaves && random.nextInt(8) > 0) {
      // Mostly its clients have heard, and go elsewhere.
      fronts.stream()
          .filter(other -> !other.leaves && other.dispatcher != null && other.cluster.alive())
          .findFirst()
          .ifPresent(
              other -> other.cluster.after(random.nextLong(MILLI), () -> submit(other, group)));
      return;
    }
    List<Task<String, String>> tasks = group.stream().map(this::task).toList();
    group.forEach(label -> checker.submitted(label, front.peer()));
    List<TaskHandle<String>> handles =
        tasks.size() == 1
            ? List.of(front.dispatcher.submit(tasks.get(0)))
            : front.dispatcher.submitAll(tasks);
    for (int i = 0; i < group.size(); i++) {
      follow(front.peer(), group.get(i), handles.get(i));
      int what = random.nextInt(100);
      if (what < 10) {
        cancelSoon(front, group.get(i), handles.get(i));
      } else if (what < 20) {
        attachSoon(group.get(i), handles.get(i));
      }
    }
    if (random.nextInt(15) == 0) {
      submitTwice();
    }
  }

  private Task<String, String> task(String label) {
    Mode mode = Mode.OK;
    int what = random.nextInt(100);
    long millis = random.nextLong(150);
    if (what < 8) {
      mode = Mode.SLOW;
      millis = 1_000 + random.nextLong(4_000);
    } else if (what < 14) {
      mode = Mode.FAILS_TWICE;
    } else if (what < 17) {
      mode = Mode.FAILS;
    } else if (what < 19) {
      mode = Mode.THROWS;
    } else if (what < 21) {
      mode = Mode.OVER_LIMIT;
      millis = 3_000;
    } else if (what < 25) {
      mode = Mode.LARGE;
    } else if (what < 33) {
      mode = Mode.STEPS;
      millis = 200 + random.nextLong(400);
    } else if (what < 34 && poisons < 2) {
      mode = nothingDies ? Mode.OK : Mode.POISON;
      poisons++;
    }
    modes.put(label, mode);
    Task<String, String> task = WORK.task(label + " " + mode + " " + millis);
    if (mode == Mode.OVER_LIMIT) {
      task = task.timeLimit(Duration.ofMillis(700)).retries(1);
    }
    return random.nextInt(4) == 0 ? task.key("key" + random.nextInt(5)) : task;
  }

  /** The same idempotency key at two fronts. */
  private void submitTwice() {
    String label = "t" + ++labels;
    Task<String, String> task = task(label).idempotencyKey("once " + label);
    for (int i = 0; i < 2; i++) {
      Node front = any(fronts);
      front.cluster.after(
          random.nextLong(300 * MILLI),
          () -> {
            if (front.dispatcher == null) {
              return;
            }
            checker.submitted(label, front.peer());
            follow(front.peer(), label, front.dispatcher.submit(task));
          });
    }
  }

  private void follow(Peer front, String label, TaskHandle<String> handle) {
    handle
        .accepted()
        .whenComplete(
            (id, error) -> {
              if (error == null) {
                ids.add(id);
                checker.accepted(label, id);
              } else {
                Throwable cause = unwrap(error);
                boolean certain = Checker.certainlyNotAccepted(cause);
                checker.notAccepted(label, cause, certain, front);
              }
            });
    show(front, label, handle, false);
  }

  private void show(Peer front, String label, TaskHandle<String> handle, boolean late) {
    handle
        .outcome()
        .whenComplete(
            (outcome, error) -> {
              if (error == null) {
                checker.shown(label, outcome, front);
              } else {
                checker.notShown(label, unwrap(error), late, front);
              }
            });
  }

  private void cancelSoon(Node front, String label, TaskHandle<String> handle) {
    front.cluster.after(
        random.nextLong(SECOND),
        () ->
            handle
                .cancel()
                .whenComplete(
                    (done, error) -> {
                      if (error == null && done) {
                        checker.cancelled(label);
                      }
                    }));
  }

  /** A second handle of the same task, from another front. */
  private void attachSoon(String label, TaskHandle<String> handle) {
    Node other = any(fronts);
    handle
        .accepted()
        .thenAccept(
            id ->
                other.cluster.after(
                    random.nextLong(500 * MILLI),
                    () -> {
                      if (other.dispatcher == null) {
                        return;
                      }
                      checker.submitted(label, other.peer());
                      TaskHandle<String> second = other.dispatcher.attach(id, WORK);
                      show(other.peer(), label, second, true);
                      if (random.nextInt(3) == 0) {
                        cancelSoon(other, label, second);
                      }
                    }));
  }

  private static Throwable unwrap(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  // The task's own code

  private CompletionStage<String> handle(SimCluster cluster, String text, TaskContext context) {
    String[] words = text.split(" ");
    String label = words[0];
    Mode mode = Mode.valueOf(words[1]);
    int attempt = context.attempt();
    checker.started(label, context.id(), attempt, context.fence(), cluster.peer());
    if (mode == Mode.THROWS) {
      checker.ended(label, attempt, cluster.peer(), null);
      throw new Fails(label + "@" + attempt + " throws");
    }
    CompletableFuture<String> result = new CompletableFuture<>();
    if (mode == Mode.POISON) {
      cluster.after(Long.parseLong(words[2]) * MILLI, () -> poison(cluster, label, context));
      return result;
    }
    if (mode == Mode.STEPS) {
      Steps steps = new Steps(cluster, label, context, Long.parseLong(words[2]) * MILLI, result);
      context.lastAsync(Codec.text()).whenComplete(steps::begin);
      return result;
    }
    cluster.after(
        Long.parseLong(words[2]) * MILLI,
        () -> {
          boolean fails = mode == Mode.FAILS || (mode == Mode.FAILS_TWICE && attempt <= 2);
          if (fails) {
            checker.ended(label, attempt, cluster.peer(), null);
            result.completeExceptionally(
                new Fails(label + "@" + attempt + " fails on " + cluster.peer()));
          } else {
            String made = label + "@" + attempt + " of " + cluster.peer();
            String full = mode == Mode.LARGE ? made + ".".repeat(5_000) : made;
            checker.ended(label, attempt, cluster.peer(), full);
            result.complete(full);
          }
        });
    return result;
  }

  /** A task that takes its node with it, unless it was stopped before. */
  private void poison(SimCluster cluster, String label, TaskContext context) {
    Peer peer = cluster.peer();
    if (context.cancelled()) {
      checker.ended(label, context.attempt(), peer, null);
      return;
    }
    Node front = fronts.stream().filter(n -> n.peer().equals(peer)).findFirst().orElse(null);
    long others = fronts.stream().filter(n -> n != front && world.alive(n.peer())).count();
    if (front != null && (!world.survivesADeath() || others == 0)) {
      // More deaths at once than there are backups are promised to nobody.
      cluster.after(100 * MILLI, () -> poison(cluster, label, context));
      return;
    }
    checker.kills(label, peer);
    if (front != null) {
      killFront(front, true);
    } else {
      workers.stream()
          .filter(n -> n.peer().equals(peer))
          .findFirst()
          .ifPresent(worker -> kill(worker, true));
    }
  }

  /** A task that takes several steps and saves each; a later attempt goes on where it was. */
  private final class Steps {
    private final SimCluster cluster;
    private final String label;
    private final TaskContext context;
    private final long pause;
    private final CompletableFuture<String> result;

    Steps(
        SimCluster cluster,
        String label,
        TaskContext context,
        long pause,
        CompletableFuture<String> result) {
      this.cluster = cluster;
      this.label = label;
      this.context = context;
      this.pause = pause;
      this.result = result;
    }

    void begin(Optional<String> last, Throwable error) {
      if (error != null) {
        end(null);
        return;
      }
      int done = last.map(text -> Integer.parseInt(text.trim())).orElse(0);
      checker.resumed(label, context.attempt(), done);
      step(done);
    }

    private void step(int done) {
      if (done == 4) {
        end(label + "@" + context.attempt() + " of " + cluster.peer());
        return;
      }
      cluster.after(
          pause,
          () -> {
            // Every other one is large, and lies beside the block.
            String text = (done + 1) + (done % 2 == 0 ? "" : " ".repeat(5_000));
            context
                .saveAsync(Codec.text(), text)
                .whenComplete(
                    (nothing, error) -> {
                      if (error != null) {
                        end(null);
                      } else {
                        checker.saved(label, context.attempt(), done + 1);
                        step(done + 1);
                      }
                    });
          });
    }

    private void end(String made) {
      checker.ended(label, context.attempt(), cluster.peer(), made);
      if (made == null) {
        result.completeExceptionally(new Fails(label + "@" + context.attempt() + " was overtaken"));
      } else {
        result.complete(made);
      }
    }
  }

  // The verdict

  boolean failed() {
    return !checker.violations().isEmpty();
  }

  /** Tasks that nobody had a reason to start again, and somebody did. */
  List<String> startedAgain() {
    List<String> again = new ArrayList<>();
    modes.forEach(
        (label, mode) -> {
          boolean once = mode == Mode.OK || mode == Mode.SLOW || mode == Mode.LARGE;
          if (once && checker.starts(label) > 1) {
            again.add(label);
          }
        });
    return again;
  }

  boolean isVoid() {
    return checker.isVoid(LEAST_DONE, LEAST_FAULTS);
  }

  Checker checker() {
    return checker;
  }

  Simulation simulation() {
    return simulation;
  }

  /** A number that two runs of one seed have in common, and hardly two different ones. */
  int fingerprint() {
    return 31 * simulation.trace().hashCode() + Long.hashCode(simulation.executed());
  }

  /** What failed, how to repeat it, and what happened to the first task concerned. */
  String report(String test) {
    StringBuilder text =
        new StringBuilder("seed ").append(seed).append(" failed. Repeat it with\n  ");
    text.append("mvn -pl dispatcher-core test -Dtest=SimulationTest#")
        .append(test)
        .append(" -Dsim.seed=")
        .append(seed)
        .append('\n');
    checker.violations().forEach(violation -> text.append("  ").append(violation).append('\n'));
    text.append("faults in effect: ").append(simulation.counts()).append('\n');
    String task =
        checker.violations().stream()
            .map(Checker.Violation::task)
            .filter(name -> !name.isEmpty())
            .findFirst()
            .orElse("");
    List<String> lines = simulation.trace(relevant(task).asPredicate());
    int from = Math.max(0, lines.size() - LINES_SHOWN);
    text.append(task.isEmpty() ? "the world" : task).append(", ").append(lines.size());
    text.append(" lines of the trace, the last ones:\n");
    lines.subList(from, lines.size()).forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  private static Pattern relevant(String task) {
    String world =
        "KILLED|PAUSED|SPLIT|REJOINS|parted from|on its own side|open again|puts back|network is whole|goes on|CUT OFF from|reaches .* again|CALM|joined|removed|ERROR|VIOLATION|is dead";
    String filter = System.getProperty("sim.filter");
    if (filter != null) {
      return Pattern.compile(filter);
    }
    if (task.isEmpty()) {
      return Pattern.compile(world);
    }
    String block = task.substring(0, task.indexOf('#'));
    return Pattern.compile(
        "\\b" + Pattern.quote(task) + "\\b|\\b" + Pattern.quote(block) + " |" + world);
  }
}
