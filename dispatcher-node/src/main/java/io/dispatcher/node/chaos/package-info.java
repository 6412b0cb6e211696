/**
 * Faults on real node processes under load, a history of what they did, and a checker of what the
 * dispatcher promises over it.
 */
@NullMarked
package io.dispatcher.node.chaos;

import org.jspecify.annotations.NullMarked;
