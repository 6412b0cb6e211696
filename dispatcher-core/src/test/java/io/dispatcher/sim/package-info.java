/**
 * A whole cluster in one thread, replayed from one seed: virtual time, a network that loses and
 * repeats, and a ledger that errs as Hazelcast does. {@link io.dispatcher.sim.SimWorld} is the
 * place to start.
 */
@NullMarked
package io.dispatcher.sim;

import org.jspecify.annotations.NullMarked;
