package io.dispatcher.node.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Bugs that are planted into copies of the library's sources; what comes of these stands before the
 * right classes in processes that are to be wrong. The product has no switch for it.
 */
final class Planted {
  private static final Path LIBRARY =
      Path.of("").toAbsolutePath().resolveSibling("dispatcher-core").resolve("src/main/java");

  private final Map<Path, String> sources = new LinkedHashMap<>();

  /**
   * One more bug.
   *
   * @param file below the library's sources
   * @param right what stands there, once
   * @param wrong what is to stand there
   */
  Planted in(String file, String right, String wrong) throws IOException {
    Path path = LIBRARY.resolve("io/dispatcher").resolve(file);
    String source = sources.containsKey(path) ? sources.get(path) : Files.readString(path);
    assertEquals(
        2, source.split(Pattern.quote(right), -1).length, () -> "in " + file + ": " + right);
    sources.put(path, source.replace(right, wrong));
    return this;
  }

  /** Makes the classes. */
  List<Path> compile(Path directory) throws IOException {
    Path classes = Files.createDirectory(directory.resolve("planted"));
    List<Path> copies = new ArrayList<>();
    for (Map.Entry<Path, String> source : sources.entrySet()) {
      Path copy = directory.resolve(LIBRARY.relativize(source.getKey()));
      Files.createDirectories(copy.getParent());
      copies.add(Files.writeString(copy, source.getValue()));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean done =
          compiler
              .getTask(
                  said,
                  files,
                  null,
                  List.of(
                      "-nowarn",
                      "-proc:none",
                      "-d",
                      classes.toString(),
                      "-cp",
                      System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjectsFromPaths(copies))
              .call();
      assertTrue(done, said::toString);
    }
    return List.of(classes);
  }
}
