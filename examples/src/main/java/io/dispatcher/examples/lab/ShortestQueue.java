package io.dispatcher.examples.lab;

import java.util.random.RandomGenerator;

/**
 * What no real system can do: every front knows at every moment how many tasks each worker has, and
 * those on their way to it, of all fronts. Ties are broken at random. The measure for all others.
 */
final class ShortestQueue implements Rule {

  @Override
  public String name() {
    return "exact shortest";
  }

  @Override
  public Chooser chooser(Members first, Simulation simulation) {
    RandomGenerator random = simulation.chance();
    return new Chooser() {
      private Members members = first;

      @Override
      public void membersChanged(Members now) {
        members = now;
      }

      @Override
      public int choose(SimTask task) {
        int chosen = -1;
        double least = 0;
        int ties = 0;
        for (int i = 0; i < members.size(); i++) {
          int worker = members.number(i);
          if (simulation.alive(worker)) {
            double cost = (simulation.outstanding(worker) + 1) / members.weight(i);
            if (chosen < 0 || cost < least) {
              chosen = worker;
              least = cost;
              ties = 1;
            } else if (cost == least && random.nextInt(++ties) == 0) {
              chosen = worker;
            }
          }
        }
        return chosen;
      }
    };
  }
}
