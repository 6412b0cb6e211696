/** JSON codecs for task payloads and results, on Jackson. */
@NullMarked
package io.dispatcher.json;

import org.jspecify.annotations.NullMarked;
