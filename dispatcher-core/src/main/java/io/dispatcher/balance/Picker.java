package io.dispatcher.balance;

/**
 * Chooses among the workers of one snapshot.
 *
 * <p>A worker is a <em>candidate</em> if it is open, its weight is above 0 and the pick does not
 * exclude it. An implementation:
 *
 * <ol>
 *   <li>MUST return the index of a candidate, if there is one.
 *   <li>MUST act as if nothing were excluded, if that alone leaves no candidate: a worker that
 *       failed once is better than none.
 *   <li>MUST return -1 if there is still none; the task then waits.
 *   <li>MUST NOT draw a random number if there is one candidate only.
 *   <li>MUST NOT change a load. The front counts the task when it hands it out, in the same turn.
 *   <li>MUST NOT allocate.
 * </ol>
 *
 * <p>One that compares a few workers drawn at random SHOULD say so with {@link Pick#drew}.
 */
@FunctionalInterface
public interface Picker {

  /** Returns the index of the chosen worker in the snapshot, or -1 if there is none. */
  int pick(Pick pick);
}
