package io.dispatcher.node.config;

/**
 * An entry of {@code pools}.
 *
 * @param slots tasks running at once
 * @param virtual whether on virtual threads, where the runtime has them
 */
public record PoolConfig(int slots, boolean virtual) {}
