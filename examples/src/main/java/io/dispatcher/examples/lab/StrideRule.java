package io.dispatcher.examples.lab;

import java.util.Arrays;

/**
 * A model of gRPC's weighted round robin: each worker's turn comes up in each round, and it takes
 * it in so many of 65,535 rounds as its weight says.
 */
final class StrideRule implements Rule {

  @Override
  public String name() {
    return "grpc wrr";
  }

  @Override
  public Chooser chooser(Members first, Simulation simulation) {
    return new Chooser() {
      private Members members = first;
      private Turns turns = new Turns(new double[] {1}, 0);

      @Override
      public void membersChanged(Members now) {
        members = now;
        double[] weights = new double[now.size()];
        Arrays.setAll(weights, now::weight);
        turns = new Turns(weights, simulation.chance().nextLong(1L << 32));
      }

      @Override
      public int choose(SimTask task) {
        return members.number(turns.next());
      }
    };
  }

  /** Whose turn it is. */
  static final class Turns {

    private static final long MOST = 65_535;

    private final long[] scaled;
    private long sequence;

    /**
     * @param first 32 bits
     */
    Turns(double[] weights, long first) {
      double heaviest = Arrays.stream(weights).max().orElse(0);
      double mean = Arrays.stream(weights).filter(w -> w > 0).average().orElse(1);
      scaled =
          Arrays.stream(weights)
              .mapToLong(
                  w -> heaviest > 0 ? Math.round((w > 0 ? w : mean) * MOST / heaviest) : MOST)
              .toArray();
      sequence = first;
    }

    long[] scaled() {
      return scaled.clone();
    }

    long sequence() {
      return sequence;
    }

    int next() {
      while (true) {
        long turn = sequence;
        sequence = (sequence + 1) & 0xffff_ffffL;
        int i = (int) (turn % scaled.length);
        long round = turn / scaled.length;
        long offset = MOST / 2 * i;
        if ((scaled[i] * round + offset) % MOST >= MOST - scaled[i]) {
          return i;
        }
      }
    }
  }
}
