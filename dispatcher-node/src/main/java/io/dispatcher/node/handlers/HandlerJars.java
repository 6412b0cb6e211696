package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.node.config.ConfigException;
import io.dispatcher.node.config.LoadedConfig;
import io.dispatcher.task.HandlerProvider;
import io.dispatcher.task.Handlers;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JARs beside the node, in one class loader: those with a {@link HandlerProvider} and the
 * libraries that they need.
 */
public final class HandlerJars implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HandlerJars.class);
  private static final String SERVICE = "META-INF/services/" + HandlerProvider.class.getName();

  private final LoadedConfig loaded;
  private final URLClassLoader loader;

  /** The JAR of each provider, by the provider's class. */
  private final Map<String, Path> jarOf;

  private HandlerJars(LoadedConfig loaded, URLClassLoader loader, Map<String, Path> jarOf) {
    this.loaded = loaded;
    this.loader = loader;
    this.jarOf = jarOf;
  }

  /**
   * Opens the JARs in {@code node.jars}; a folder that nobody named need not be there.
   *
   * @throws ConfigException if one cannot be read; names it
   */
  public static HandlerJars open(LoadedConfig loaded) {
    Path folder = loaded.config().node().jars();
    List<URL> urls = new ArrayList<>();
    Map<String, Path> jarOf = new LinkedHashMap<>();
    for (Path jar : jars(loaded, folder)) {
      try (JarFile file = new JarFile(jar.toFile())) {
        providers(file).forEach(provider -> jarOf.put(provider, jar));
        urls.add(jar.toUri().toURL());
      } catch (IOException e) {
        throw fault(loaded, jar + " is no JAR: " + e.getMessage() + "; replace or remove it");
      }
    }
    return new HandlerJars(
        loaded,
        new URLClassLoader(
            "handlers", urls.toArray(URL[]::new), HandlerJars.class.getClassLoader()),
        jarOf);
  }

  private static List<Path> jars(LoadedConfig loaded, Path folder) {
    if (!Files.isDirectory(folder)) {
      if (loaded.has("node", "jars")) {
        throw fault(loaded, "there is no folder " + folder);
      }
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw fault(loaded, folder + " cannot be read: " + e);
    }
  }

  /** The classes that a service file names: one a line, {@code #} starts a comment. */
  private static List<String> providers(JarFile jar) throws IOException {
    ZipEntry entry = jar.getEntry(SERVICE);
    if (entry == null) {
      return List.of();
    }
    String text = new String(jar.getInputStream(entry).readAllBytes(), UTF_8);
    return text.lines()
        .map(line -> line.replaceFirst("#.*", "").trim())
        .filter(line -> !line.isEmpty())
        .toList();
  }

  /** Finds the classes of the JARs, for whatever looks for services of its own. */
  public ClassLoader loader() {
    return loader;
  }

  /**
   * Registers what every provider brings.
   *
   * @throws ConfigException if one cannot be loaded or fails; names it and its JAR
   */
  void register(Handlers handlers) {
    Iterator<HandlerProvider> providers =
        ServiceLoader.load(HandlerProvider.class, loader).iterator();
    String name = "";
    try {
      while (providers.hasNext()) {
        HandlerProvider provider = providers.next();
        name = provider.getClass().getName();
        provider.register(handlers);
        log.info("handlers of {} from {}", name, jar(name));
        name = "";
      }
    } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
      throw fault(loaded, describe(name, e));
    }
  }

  private String describe(String provider, Throwable error) {
    if (!provider.isEmpty()) {
      return "provider %s from %s failed: %s".formatted(provider, jar(provider), error);
    }
    String message = String.valueOf(error.getMessage());
    String cause = error.getCause() == null ? "" : ": " + error.getCause();
    return jarOf.keySet().stream()
        .filter(message::contains)
        .findFirst()
        .map(
            name ->
                "provider %s from %s cannot be loaded: %s%s"
                    .formatted(name, jar(name), message, cause))
        .orElse("a provider cannot be loaded: " + message + cause);
  }

  private String jar(String provider) {
    Path jar = jarOf.get(provider);
    return jar == null ? "the class path" : jar.toString();
  }

  private static ConfigException fault(LoadedConfig loaded, String problem) {
    return loaded.fault(problem, "node", "jars");
  }

  @Override
  public void close() {
    try {
      loader.close();
    } catch (IOException e) {
      log.warn("the JARs of handlers were not closed: {}", e.toString());
    }
  }
}
