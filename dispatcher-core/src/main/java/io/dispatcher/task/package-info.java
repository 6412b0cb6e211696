/**
 * What an application sees of Dispatcher: task types, tasks, handlers, handles, outcomes and
 * errors.
 *
 * <p>A first task needs four of these: {@link io.dispatcher.task.TaskType} names the work and says
 * how its payload and result become bytes, {@link io.dispatcher.task.Handler} does the work, {@link
 * io.dispatcher.task.TaskClient} submits it, and {@link io.dispatcher.task.TaskHandle} tells how it
 * went.
 *
 * <p>The package depends on {@code java.*} only, so code that submits or handles tasks needs
 * neither Hazelcast nor Vert.x to compile or to be tested.
 */
@NullMarked
package io.dispatcher.task;

import org.jspecify.annotations.NullMarked;
