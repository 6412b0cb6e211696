/**
 * The HTTP door: tasks, their results, the cluster's figures, health and the page, over HTTP/1.1.
 *
 * <p>A request passes through one class per stage: {@link DoorLoop} (connections and their time
 * limits), {@link RequestHead} (what the bytes say, strictly), {@link Gate} (who may ask), {@link
 * Route} (what is asked for), then the calls of that route, which answer through {@link Exchange}.
 * Everything about a connection is confined to its event loop.
 */
@NullMarked
package io.dispatcher.node.http;

import org.jspecify.annotations.NullMarked;
