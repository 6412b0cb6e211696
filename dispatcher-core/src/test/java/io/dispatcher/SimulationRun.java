package io.dispatcher;

import static io.dispatcher.RunNodes.MILLI;
import static io.dispatcher.RunNodes.SECOND;

import io.dispatcher.sim.Checker;
import io.dispatcher.sim.Sabotage;
import io.dispatcher.sim.SimWorld;
import io.dispatcher.sim.Simulation;
import io.dispatcher.sim.Violation;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjLongConsumer;
import java.util.regex.Pattern;

/**
 * One seed: three nodes with every role, two that only work and may die, load, and what goes wrong;
 * then calm, in which every accepted task has to reach its outcome.
 */
final class SimulationRun {

  private static final long CALM_AT_MOST = 45 * SECOND;
  private static final long CALM_AFTER_SPLITS = 75 * SECOND;
  private static final long LOOK_EVERY = 50 * MILLI;
  private static final long CHAOS_AFTERWARDS = 4 * SECOND;
  private static final int LEAST_DONE = 25;
  private static final int LEAST_FAULTS = 5;
  private static final int LINES_SHOWN = Integer.getInteger("sim.lines", 160);

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

  private final long seed;
  private final Sabotage sabotage;
  private final Kind kind;
  private final RunExtras extras;
  private final Simulation simulation;
  private final Checker checker;
  private SimWorld world;
  private RunNodes nodes;
  private RunFaults faults;
  private RunLoad load;

  SimulationRun(long seed, Sabotage sabotage) {
    this.seed = seed;
    this.sabotage = sabotage;
    this.kind = Kind.values()[(int) (seed % Kind.values().length)];
    this.simulation = new Simulation(seed);
    // Beside a planted bug there is only what it takes to find it.
    this.extras = sabotage == Sabotage.NONE ? RunExtras.draw(simulation, kind) : RunExtras.NONE;
    this.world = new SimWorld(simulation, kind == Kind.FIVE ? 3 : 2, sabotage);
    this.checker = new Checker(world);
    this.nodes = nodes(extras);
    this.faults = new RunFaults(nodes, kind, extras);
    this.load = new RunLoad(nodes, extras);
    found();
  }

  private RunNodes nodes(RunExtras more) {
    List<String> fronts =
        kind == Kind.FIVE ? List.of("a", "b", "c", "d", "e") : List.of("a", "b", "c");
    return new RunNodes(world, checker, fronts, more);
  }

  private void found() {
    switch (sabotage) {
      case NO_CONSENT -> world.codec(RunFrames::withoutConsent);
      case NO_RAISE_AT_ADOPTION -> world.codec(RunFrames::withoutRaise);
      default -> {
        if (seed / Kind.values().length % 4 == 0) {
          // Each kind now and then.
          world.codec(RunFrames::throughTheWire);
        }
      }
    }
    if (kind == Kind.VAULTS) {
      world.vault("v1");
      world.vault("v2");
    }
    world.start();
  }

  /** Nothing goes wrong, but nodes leave on purpose. */
  SimulationRun onlyDrains() {
    load.withoutPoison();
    return run((faults, chaos) -> faults.drains(chaos, nodes.random.nextInt(4), false));
  }

  /** Nodes leave on purpose all the time, and die in the middle of it. */
  SimulationRun manyDrains() {
    return run(RunFaults::manyDrains);
  }

  SimulationRun run() {
    return run(RunFaults::plan);
  }

  private SimulationRun run(ObjLongConsumer<RunFaults> planned) {
    try (RunHangs kept = nodes.hangs) {
      return untilAllIsDone(planned);
    }
  }

  private SimulationRun untilAllIsDone(ObjLongConsumer<RunFaults> planned) {
    nodes.start();
    long chaos = (6 + nodes.random.nextLong(8)) * SECOND;
    load.load(chaos);
    load.ask(chaos);
    planned.accept(faults, chaos);
    simulation.run(extras.stop() ? chaos * 3 / 4 : chaos);
    if (extras.stop()) {
      move(planned);
    }
    world.calm();
    // A drain that began before takes its time, and the node comes back after that.
    boolean drains = simulation.counts().containsKey("drained");
    simulation.after((drains ? 16 : 4) * SECOND, checker::watchForStalls);
    // What stands in line behind handlers that never return takes its time too.
    boolean quick = kind == Kind.VAULTS && extras.sick() == 0;
    long calm = quick ? CALM_AT_MOST : CALM_AFTER_SPLITS;
    long end = simulation.now() + calm;
    while (simulation.now() < end
        && !caught()
        && !(nothingCounted() && checker.allDone() && load.unanswered().isEmpty())) {
      simulation.run(LOOK_EVERY);
    }
    if (caught()) {
      return this;
    }
    if (!load.unanswered().isEmpty()) {
      simulation.error("world", new IllegalStateException("no answer to " + load.unanswered()));
    }
    if (checker.allDone() && !nothingCounted()) {
      simulation.error("world", new IllegalStateException("a front counts tasks that have ended"));
    }
    checker.finish();
    return this;
  }

  /** All nodes are stopped, and what they had goes on in another cluster. */
  private void move(ObjLongConsumer<RunFaults> planned) {
    RunStop stop = new RunStop(nodes, load);
    List<LedgerPage> pages = stop.stop();
    world = world.anew();
    checker.goesOn(world);
    nodes = nodes(RunExtras.NONE);
    found();
    nodes.start();
    faults = new RunFaults(nodes, kind, RunExtras.NONE);
    planned.accept(faults, CHAOS_AFTERWARDS);
    stop.bring(pages, nodes);
    RunLoad before = load;
    load = new RunLoad(nodes, RunExtras.NONE);
    load.goesOn(before);
    load.load(CHAOS_AFTERWARDS);
    load.ask(CHAOS_AFTERWARDS);
    simulation.run(CHAOS_AFTERWARDS);
  }

  /** A planted bug was found: what else it does to the rest of the run nobody wants to know. */
  private boolean caught() {
    return caughtBy().isPresent();
  }

  /** The violation that shows the planted bug. */
  Optional<Violation> caughtBy() {
    return checker.violations().stream().filter(sabotage::isShownBy).findFirst();
  }

  /** Own counts = open attempts, at any time; with nothing to do, 0. */
  private boolean nothingCounted() {
    boolean nothing = true;
    for (RunNodes.Node node : nodes.fronts) {
      Dispatcher dispatcher = node.dispatcher;
      Front front = dispatcher == null || !world.alive(node.peer()) ? null : dispatcher.front();
      if (front != null) {
        if (front.drift() != 0) {
          simulation.error(
              node.name, new IllegalStateException("counts differ by " + front.drift()));
        }
        nothing &= front.assigned() == 0;
      }
    }
    return nothing;
  }

  // The verdict

  boolean failed() {
    return !checker.violations().isEmpty();
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

  /** Tasks that nobody had a reason to start again, and somebody did. */
  List<String> startedAgain() {
    return load.startedAgain();
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
            .map(Violation::task)
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
