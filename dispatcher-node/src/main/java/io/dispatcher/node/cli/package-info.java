/** The commands that talk to a running cluster over its HTTP doors. */
@NullMarked
package io.dispatcher.node.cli;

import org.jspecify.annotations.NullMarked;
