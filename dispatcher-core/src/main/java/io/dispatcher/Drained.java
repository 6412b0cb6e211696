package io.dispatcher;

/**
 * How a node left off.
 *
 * @param handedOver accepted tasks without an outcome that other store nodes took over
 * @param left accepted tasks without an outcome that this node still owns, because no other store
 *     node lives that takes them over; they end with the last node unless they are exported
 */
public record Drained(int handedOver, int left) {}
