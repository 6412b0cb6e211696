/** The cluster as the dispatcher sees it: loop, ledger, transport and membership. */
@NullMarked
package io.dispatcher.cluster;

import org.jspecify.annotations.NullMarked;
