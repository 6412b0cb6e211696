package io.dispatcher;

/**
 * What became of records that were brought in.
 *
 * @param tasks tasks without an outcome that are accepted here now
 * @param outcomes outcomes that can be asked for here now
 * @param there tasks and outcomes that were here already
 * @param conflicts tasks whose idempotency key stands for another one here; they were left out
 */
public record Imported(int tasks, int outcomes, int there, int conflicts) {
  static final Imported NOTHING = new Imported(0, 0, 0, 0);

  Imported plus(Imported more) {
    return new Imported(
        tasks + more.tasks,
        outcomes + more.outcomes,
        there + more.there,
        conflicts + more.conflicts);
  }
}
