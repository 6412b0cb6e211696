package io.dispatcher.node;

import io.dispatcher.node.config.ConfigException;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.node.config.NodeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a node until it is told to end. */
@Command(
    name = "node",
    description = {
      "Runs a node until SIGTERM or Ctrl-C.",
      "Then it takes no tasks any more, lets running ones finish, and leaves; a second signal ends"
          + " it at once. Without a configuration it is alone, with its HTTP door on"
          + " http://127.0.0.1:8080."
    },
    mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(NodeCommand.class);
  private static final Path DEFAULT_FILE = Path.of("dispatcher.yaml");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      defaultValue = "${env:DISPATCHER_CONFIG}",
      description =
          "YAML; else DISPATCHER_CONFIG, else dispatcher.yaml in this folder if it is there")
  private @Nullable Path file;

  @Mixin private ConfigFlags flags = new ConfigFlags();

  @Option(names = "--check", description = "read the configuration, say what is wrong, do nothing")
  private boolean check;

  @Option(
      names = "--dev",
      paramLabel = "N",
      arity = "0..1",
      fallbackValue = "3",
      description = "run N nodes on this machine instead, to try things out; 3 if no N is given")
  private @Nullable Integer dev;

  @Option(names = "--child", hidden = true, description = "one node of --dev")
  private boolean child;

  @Override
  public Integer call() throws InterruptedException {
    if (file == null && Files.exists(DEFAULT_FILE)) {
      file = DEFAULT_FILE;
    }
    LoadedConfig loaded = load();
    DevNodes nodes = dev == null ? null : new DevNodes(dev, file, flags.settings(), loaded);
    if (check) {
      Logs.configure(loaded.config().logging());
      check(loaded);
      System.out.println((file == null ? "the configuration" : file) + " is fine");
      return 0;
    }
    Logs.configure(loaded.config().logging());
    return nodes == null ? run(loaded) : nodes.run();
  }

  private LoadedConfig load() {
    try {
      return LoadedConfig.load(file, System.getenv(), flags.settings());
    } catch (ConfigException e) {
      throw refused(e);
    }
  }

  private static void check(LoadedConfig loaded) {
    try {
      Node.check(loaded);
    } catch (ConfigException e) {
      throw refused(e);
    }
  }

  private static UsageException refused(ConfigException e) {
    return new UsageException(
        e.faults().size() == 1
            ? String.valueOf(e.getMessage())
            : "the configuration has faults:\n" + e.getMessage() + "\n");
  }

  private int run(LoadedConfig loaded) throws InterruptedException {
    CompletableFuture<End> end = new CompletableFuture<>();
    Duration drain = loaded.config().node().drain();
    // Before the start: what it starts inherits nothing of a half-started node.
    Signals.onFirst(() -> end.complete(new End(0, drain)));
    DevChild parent = child ? DevChild.open(drain, end::complete) : null;
    // Nobody wished for the port: beside another node this one is to start all the same.
    boolean anywhere = child && !loaded.has("http", "port");
    Node node = start(loaded, anywhere ? Doors.SOMEWHERE : Doors.ALL, end);
    if (parent == null) {
      System.out.println(describe(node));
    } else {
      parent.ready(node.addresses());
    }
    try {
      End how = end.get();
      node.close(how.drain());
      return how.code();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Node start(
      LoadedConfig loaded, List<Door.Factory> doors, CompletableFuture<End> end) {
    try {
      return Node.start(
          loaded,
          doors,
          error -> {
            log.error("this node has left the cluster by itself and ends", error);
            end.complete(new End(Main.FAILED, Duration.ZERO));
          },
          () -> {
            log.info("asked to leave");
            end.complete(new End(0, loaded.config().node().drain()));
          });
    } catch (ConfigException e) {
      throw refused(e);
    }
  }

  private static String describe(Node node) {
    NodeConfig config = node.config();
    String place =
        config.cluster() == null
            ? "alone, nothing survives the end of this process"
            : "cluster " + config.cluster().name();
    return "node %s is up (%s): %s"
        .formatted(node.name(), place, String.join(", ", node.addresses()));
  }

  /**
   * Why a node ends.
   *
   * @param code exit code of the process
   * @param drain how long running attempts may go on
   */
  record End(int code, Duration drain) {}
}
