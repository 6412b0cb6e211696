/** The dispatcher: takes tasks, gives each to a worker and follows it to its outcome. */
@NullMarked
package io.dispatcher;

import org.jspecify.annotations.NullMarked;
