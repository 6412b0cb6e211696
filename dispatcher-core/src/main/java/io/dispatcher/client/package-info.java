/**
 * Clients of a cluster that are not part of it. {@link io.dispatcher.client.HttpTaskClient} needs
 * nothing but the JDK; what it shares with other such clients is in {@link
 * io.dispatcher.client.RemoteTaskClient}.
 */
@NullMarked
package io.dispatcher.client;

import org.jspecify.annotations.NullMarked;
