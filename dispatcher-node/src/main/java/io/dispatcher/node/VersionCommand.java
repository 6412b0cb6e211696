package io.dispatcher.node;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the version of the jar and of the Java that runs it. */
@Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
final class VersionCommand implements Runnable, IVersionProvider {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  @Override
  public void run() {
    spec.commandLine().getOut().println(json ? Json.write(Versions.now()) : getVersion()[0]);
  }

  @Override
  public String[] getVersion() {
    Versions now = Versions.now();
    return new String[] {"dispatcher " + now.version() + ", Java " + now.java()};
  }

  /** What --json prints. */
  record Versions(String version, String java) {
    static Versions now() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new Versions(
          version == null ? "(not from a jar)" : version,
          System.getProperty("java.runtime.version", "unknown"));
    }
  }
}
