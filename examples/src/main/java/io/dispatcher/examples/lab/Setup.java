package io.dispatcher.examples.lab;

/** What is simulated. Times are in mean task times. */
record Setup(String name, Cluster cluster, Network network, Work work, Length length) {

  static final int TASKS_OF_A_CLIENT = 50;

  /** How long tasks are; 1 on average. */
  enum Sizes {
    EXPONENTIAL,
    /** Lognormal with sigma 2: half of the tasks take less than a seventh of the mean. */
    HEAVY_TAILED
  }

  /** How fast the workers are. */
  enum Speeds {
    EQUAL,
    /** One half of them at 0.5, the other at 1.5. */
    TWO,
    /** All at 1; after the warm-up the first one at 0.1. */
    ONE_SLOWS_DOWN
  }

  /**
   * Who is there.
   *
   * @param workers at the start
   * @param slots tasks that a worker runs at the same time
   * @param told whether weights say how fast the workers are; else how many slots they have
   * @param changes whether a worker dies and comes back, and another one joins in between
   */
  record Cluster(
      int workers, int slots, int fronts, Speeds speeds, boolean told, boolean changes) {}

  /**
   * What fronts and workers hear of each other.
   *
   * @param delay one way
   * @param reportEvery each worker tells each front its load, beside what each answer tells; 0 =
   *     only that
   * @param credit whether fronts keep tasks that workers have no room for, as those of a dispatcher
   *     do; else all waiting is at the workers
   */
  record Network(double delay, double reportEvery, boolean credit) {}

  /**
   * What is to be done.
   *
   * @param load work that arrives, of what all workers can do at their first speeds
   * @param keys 0 = tasks without keys
   * @param zipf exponent: how popular the first keys are; 0 = all the same
   * @param clients that are connected at any time, each to one front; 0 = nobody knows whose a task
   *     is
   */
  record Work(double load, Sizes sizes, int keys, double zipf, int clients) {}

  /**
   * For how long.
   *
   * @param tasks to run in all
   * @param warmUp part of the tasks that is not measured
   */
  record Length(int tasks, double warmUp, long seed) {}

  /** Workers in one room, 0.1 ms apart, that report every 0.5 s while tasks take 0.1 s. */
  static Setup of(int workers, int slots, int fronts, double load) {
    String name =
        workers + " × " + slots + ", " + fronts + (fronts == 1 ? " front, " : " fronts, ") + load;
    return new Setup(
        name,
        new Cluster(workers, slots, fronts, Speeds.EQUAL, false, false),
        new Network(0.001, 5, true),
        new Work(load, Sizes.EXPONENTIAL, 0, 0, 0),
        new Length(100_000, 0.1, 1));
  }

  private Setup with(String more, Cluster otherCluster, Network otherNetwork, Work otherWork) {
    return new Setup(name + ", " + more, otherCluster, otherNetwork, otherWork, length);
  }

  /** Nothing takes time but the tasks, and workers take whatever comes: as in a textbook. */
  Setup ideal() {
    return with("ideal", cluster, new Network(0, 0, false), work);
  }

  Setup delay(double to) {
    Network slower = new Network(to, network.reportEvery, network.credit);
    return with("delay " + to, cluster, slower, work);
  }

  Setup reportEvery(double to) {
    return with(
        to == 0 ? "no reports" : "reports every " + to,
        cluster,
        new Network(network.delay, to, network.credit),
        work);
  }

  Setup heavyTailed() {
    Work heavy = new Work(work.load, Sizes.HEAVY_TAILED, work.keys, work.zipf, work.clients);
    return with("heavy-tailed", cluster, network, heavy);
  }

  private Setup speeds(String name, Speeds speeds, boolean told) {
    Cluster c = cluster;
    return with(
        name, new Cluster(c.workers, c.slots, c.fronts, speeds, told, c.changes), network, work);
  }

  Setup twoSpeeds(boolean told) {
    return speeds(told ? "two speeds as weights" : "two speeds", Speeds.TWO, told);
  }

  Setup oneSlowsDown() {
    return speeds("one 10 × slower", Speeds.ONE_SLOWS_DOWN, false);
  }

  Setup keys(int count, double exponent) {
    return with(
        exponent == 0 ? "uniform keys" : "Zipf(" + exponent + ") keys",
        cluster,
        network,
        new Work(work.load, work.sizes, count, exponent, work.clients));
  }

  /** Each submits {@link #TASKS_OF_A_CLIENT} tasks on average, and then another one comes. */
  Setup clients(int count) {
    Work w = work;
    return with(
        count + " clients", cluster, network, new Work(w.load, w.sizes, w.keys, w.zipf, count));
  }

  Setup joinsAndLeaves() {
    Cluster c = cluster;
    return with(
        "joins and leaves",
        new Cluster(c.workers, c.slots, c.fronts, c.speeds, c.told, true),
        network,
        work);
  }

  Setup tasks(int count, double warmUp) {
    return new Setup(name, cluster, network, work, new Length(count, warmUp, length.seed));
  }

  /** The same with other chance. */
  Setup seed(long other) {
    Length as = new Length(length.tasks, length.warmUp, other);
    return new Setup(name, cluster, network, work, as);
  }

  Setup tasks(int count) {
    return tasks(count, length.warmUp);
  }

  // ---------------------------------------------------------------- what follows from it

  int workers() {
    return cluster.workers;
  }

  /** All workers there ever are: those that join later have the highest numbers. */
  int everybody() {
    return cluster.workers + (cluster.changes ? 1 : 0);
  }

  boolean changes() {
    return cluster.changes;
  }

  int slots() {
    return cluster.slots;
  }

  int fronts() {
    return cluster.fronts;
  }

  boolean slowsDown() {
    return cluster.speeds == Speeds.ONE_SLOWS_DOWN;
  }

  /** The speed at first. */
  double speed(int worker) {
    if (cluster.speeds == Speeds.TWO) {
      return worker % 2 == 0 ? 0.5 : 1.5;
    }
    return 1;
  }

  double weight(int worker) {
    return cluster.told ? cluster.slots * speed(worker) : cluster.slots;
  }

  /** Tasks that arrive in one mean task time. */
  double arrivals() {
    double capacity = 0;
    for (int i = 0; i < cluster.workers; i++) {
      capacity += cluster.slots * speed(i);
    }
    return work.load * capacity;
  }
}
