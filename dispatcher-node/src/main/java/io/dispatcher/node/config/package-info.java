/** What a node is told: one YAML file, the environment, and options, checked before it starts. */
@NullMarked
package io.dispatcher.node.config;

import org.jspecify.annotations.NullMarked;
