/** The record of every task and the only transitions allowed on it. */
@NullMarked
package io.dispatcher.ledger;

import org.jspecify.annotations.NullMarked;
