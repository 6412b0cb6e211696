/**
 * Chooses a worker for a task.
 *
 * <p>A {@link io.dispatcher.balance.Balancer} is a rule. It makes a {@link
 * io.dispatcher.balance.Picker} for each snapshot of the eligible {@link
 * io.dispatcher.balance.Workers}, and the picker answers one {@link io.dispatcher.balance.Pick}
 * after the other. {@link io.dispatcher.balance.Balancers} has those that are built in.
 */
@NullMarked
package io.dispatcher.balance;

import org.jspecify.annotations.NullMarked;
