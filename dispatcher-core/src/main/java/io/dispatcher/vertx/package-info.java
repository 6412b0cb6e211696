/** The transport and the client on the Vert.x event bus. */
@NullMarked
package io.dispatcher.vertx;

import org.jspecify.annotations.NullMarked;
