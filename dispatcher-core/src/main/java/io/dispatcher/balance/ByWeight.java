package io.dispatcher.balance;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Workers with a weight above 0, those of the same weight together: among them whole numbers tell
 * who has less to do, which is several times quicker than to compare parts of weights.
 */
final class ByWeight {

  /** The workers' indexes, group by group. */
  final int[] order;

  /** Where each group begins in the order, and where the last one ends. */
  final int[] begin;

  /** Of each group. */
  final double[] weights;

  ByWeight(double[] weightOf) {
    order =
        IntStream.range(0, weightOf.length)
            .filter(i -> weightOf[i] > 0)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -weightOf[i]))
            .mapToInt(i -> i)
            .toArray();
    int[] begins =
        IntStream.range(0, order.length)
            .filter(p -> p == 0 || weightOf[order[p]] != weightOf[order[p - 1]])
            .toArray();
    begin = IntStream.concat(IntStream.of(begins), IntStream.of(order.length)).toArray();
    weights = IntStream.of(begins).mapToDouble(p -> weightOf[order[p]]).toArray();
  }
}
