/**
 * The handlers a node has: from its configuration ({@code command}, {@code http}), from the JARs
 * beside it, and those that come with it.
 */
@NullMarked
package io.dispatcher.node.handlers;

import org.jspecify.annotations.NullMarked;
