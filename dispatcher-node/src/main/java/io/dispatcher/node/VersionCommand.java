package io.dispatcher.node;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** Prints the version of the jar and of the Java that runs it. */
@Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Runnable, IVersionProvider {

  @Override
  public void run() {
    System.out.println(getVersion()[0]);
  }

  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {
      "dispatcher "
          + (version == null ? "(not from a jar)" : version)
          + ", Java "
          + System.getProperty("java.runtime.version")
    };
  }
}
