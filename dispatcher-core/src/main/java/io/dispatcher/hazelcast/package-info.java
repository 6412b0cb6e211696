/** The ledger and the membership on Hazelcast. */
@NullMarked
package io.dispatcher.hazelcast;

import org.jspecify.annotations.NullMarked;
