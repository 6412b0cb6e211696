package io.dispatcher.examples.lab;

import java.util.random.RandomGenerator;

/**
 * A model of Ignite's adaptive load balancing, with its probe of job counts: at random, in
 * proportion to 1 / load, where the load is what heartbeats say. They come every 2 s. (Without
 * that, Ignite takes workers in turn: see {@code round-robin}.)
 *
 * @param average over all heartbeats there were, as is the default; else the last one's
 */
record IgniteRule(boolean average) implements Rule {

  @Override
  public String name() {
    return average ? "ignite" : "ignite current";
  }

  @Override
  public double heartbeatEvery() {
    return 20;
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
        int n = members.size();
        double total = 0;
        int idle = 0;
        for (int i = 0; i < n; i++) {
          double said = said(i);
          total += said;
          idle += said == 0 ? 1 : 0;
        }
        // Who said 0 counts as one that said the mean of the others, or 1.
        double ofIdle = idle < n ? total / (n - idle) : 1;
        double weights = 0;
        for (int i = 0; i < n; i++) {
          weights += 1 / load(i, ofIdle);
        }
        double left = random.nextDouble() * weights;
        for (int i = 0; i < n - 1; i++) {
          left -= 1 / load(i, ofIdle);
          if (left < 0) {
            return members.number(i);
          }
        }
        return members.number(n - 1);
      }

      private double load(int i, double ofIdle) {
        double said = said(i);
        return said == 0 ? ofIdle : said;
      }

      private double said(int i) {
        return average ? members.meanHeartbeat(i) : members.lastHeartbeat(i);
      }
    };
  }
}
