package io.dispatcher.node;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The files the demo works on.
 *
 * @param files absolute paths, sorted
 * @param from where they are, for people
 */
record DemoFiles(List<Path> files, String from) {
  private static final Set<String> SKIPPED = Set.of(".git", "target");

  /** More files or bigger ones would only make the demo start later. */
  private static final int MAX_FILES = 200;

  private static final long MAX_BYTES = 1024 * 1024;
  private static final int MADE_FILES = 60;
  private static final int MADE_WORDS = 2000;
  private static final long SEED = 42;

  /**
   * The files below a folder; without one, the project's own if this is a clone, else some that are
   * made now.
   */
  static DemoFiles of(@Nullable Path folder, RunFiles run) {
    try {
      if (folder != null) {
        return below(folder);
      }
      Path here = Path.of("").toAbsolutePath();
      if (Files.isDirectory(here.resolve("dispatcher-core").resolve("src"))) {
        return below(here);
      }
      return new DemoFiles(made(run), "a folder made for this run");
    } catch (IOException e) {
      throw new RunFailed("cannot list the files: " + e.getMessage(), e);
    }
  }

  private static DemoFiles below(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new UsageException("--input is '" + folder + "', which is no folder");
    }
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(folder.toAbsolutePath().normalize(), new Finder(found));
    if (found.isEmpty()) {
      throw new UsageException(
          "--input is '" + folder + "', which has no readable file of at most 1 MiB");
    }
    found.sort(null);
    List<Path> spread = spread(found);
    String some = spread.size() < found.size() ? ", " + spread.size() + " of them" : "";
    return new DemoFiles(spread, found.size() + " files below " + folder + some);
  }

  /** At most {@link #MAX_FILES}, from all parts of the folder. */
  private static List<Path> spread(List<Path> found) {
    int count = Math.min(MAX_FILES, found.size());
    List<Path> spread = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      spread.add(found.get((int) ((long) i * found.size() / count)));
    }
    return spread;
  }

  static List<Path> made(RunFiles run) throws IOException {
    Random random = new Random(SEED);
    Path folder = Files.createDirectory(run.directory().resolve("input"));
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < MADE_FILES; i++) {
      String text =
          random
              .ints(1 + random.nextInt(MADE_WORDS), 0, 1 << 20)
              .mapToObj(word -> Integer.toString(word, 36) + (word % 9 == 0 ? "\n" : " "))
              .collect(Collectors.joining());
      files.add(Files.writeString(folder.resolve("file-" + i + ".txt"), text));
    }
    return files;
  }

  private static final class Finder extends SimpleFileVisitor<Path> {
    private final List<Path> found;

    Finder(List<Path> found) {
      this.found = found;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      Path name = folder.getFileName();
      return name != null && SKIPPED.contains(name.toString())
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile() && attributes.size() <= MAX_BYTES && Files.isReadable(file)) {
        found.add(file);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException error) {
      return FileVisitResult.CONTINUE;
    }
  }
}
