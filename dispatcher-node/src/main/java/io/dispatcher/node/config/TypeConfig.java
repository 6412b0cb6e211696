package io.dispatcher.node.config;

import io.dispatcher.task.TaskOptions;
import org.jspecify.annotations.Nullable;

/**
 * An entry of {@code types}: a task type that is known although no node may handle it yet.
 *
 * @param balancer name of its balancer; null: that of the node
 * @param options of its tasks where neither they nor their type set any
 */
public record TypeConfig(@Nullable String balancer, TaskOptions options) {}
