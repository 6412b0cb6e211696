/** The runnable node: configuration, doors and command line. */
@NullMarked
package io.dispatcher.node;

import org.jspecify.annotations.NullMarked;
