package io.dispatcher.node;

import org.junit.jupiter.api.Nested;

/** The doors of the same three nodes, one after the other. */
class DoorsIT {

  @Nested
  class Library extends FrontContract {}

  @Nested
  class Http extends HttpContract {}

  @Nested
  class EventBus extends EventBusContract {}

  @Nested
  class CommandLine extends CliContract {}

  @Nested
  class CommandLineLetters extends CliLettersContract {}
}
