package io.dispatcher;

import io.dispatcher.SimulationRun.Kind;
import io.dispatcher.sim.Simulation;
import java.util.random.RandomGenerator;

/**
 * What some seeds have beside the faults that any seed may have.
 *
 * @param quick who dies is mostly back before the others have heard of its death
 * @param spare one store node more than declared would like to join
 * @param breaks so many loops throw
 * @param hanging of a hundred tasks so many never return
 * @param sick on so many nodes tasks keep their threads
 * @param stop the whole cluster is stopped, and its tasks go on in another one
 */
record RunExtras(boolean quick, boolean spare, int breaks, int hanging, int sick, boolean stop) {

  static final RunExtras NONE = new RunExtras(false, false, 0, 0, 0, false);

  /** Of a stream of its own: the rest of a seed stays as it is. */
  static RunExtras draw(Simulation simulation, Kind kind) {
    RandomGenerator random = simulation.random("extras");
    boolean quick = random.nextInt(3) == 0;
    boolean spare = random.nextInt(6) == 0 && kind != Kind.VAULTS;
    int breaks = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0;
    int hanging =
        switch (random.nextInt(12)) {
          case 0 -> 40;
          case 1, 2, 3 -> 5;
          default -> 0;
        };
    int sick = random.nextInt(12) == 0 ? 1 + random.nextInt(5) : 0;
    boolean stop = random.nextInt(30) == 0;
    return new RunExtras(quick, spare, breaks, hanging, sick, stop);
  }
}
