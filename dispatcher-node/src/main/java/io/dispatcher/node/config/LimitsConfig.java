package io.dispatcher.node.config;

import io.dispatcher.Limits;

/**
 * Section {@code limits}.
 *
 * @param payload longest payload of a task, in bytes; over it every door refuses
 * @param engine bounds of the engine
 */
public record LimitsConfig(int payload, Limits engine) {}
