package io.dispatcher.examples.lab;

import io.dispatcher.balance.Balancers;
import io.dispatcher.balance.Workers;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Workers that have nothing to do. */
final class IdleWorkers implements Workers {

  private final int[] numbers;
  private final String[] names;
  private final long[] hashes;
  private final double[] weights;

  IdleWorkers(int count, IntToDoubleFunction weight) {
    this(count, weight, number -> true);
  }

  /**
   * @param present which of them are there
   */
  IdleWorkers(int count, IntToDoubleFunction weight, IntPredicate present) {
    numbers = IntStream.range(0, count).filter(present).toArray();
    names = IntStream.of(numbers).mapToObj(Simulation::workerName).toArray(String[]::new);
    hashes = IntStream.range(0, names.length).mapToLong(i -> Balancers.hash(names[i])).toArray();
    weights = IntStream.of(numbers).mapToDouble(weight).toArray();
  }

  /** The number of the worker at an index. */
  int number(int i) {
    return numbers[i];
  }

  @Override
  public int size() {
    return names.length;
  }

  @Override
  public String name(int i) {
    return names[i];
  }

  @Override
  public long nameHash(int i) {
    return hashes[i];
  }

  @Override
  public double weight(int i) {
    return weights[i];
  }

  @Override
  public String zone(int i) {
    return "the only one";
  }

  @Override
  public int slots(int i) {
    return 4;
  }

  @Override
  public long load(int i) {
    return 0;
  }

  @Override
  public boolean open(int i) {
    return true;
  }
}
