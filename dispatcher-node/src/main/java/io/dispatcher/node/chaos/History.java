package io.dispatcher.node.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dispatcher.node.RunFailed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The file with what happened, one line of JSON each. Holds nothing back but the last few lines:
 * who writes waits for the disk. Thread-safe.
 */
final class History implements AutoCloseable {
  private final Path file;
  private final Writer out;
  private boolean closed;

  History(Path file) {
    this.file = file;
    try {
      out = Files.newBufferedWriter(file, UTF_8);
    } catch (IOException e) {
      throw new RunFailed("cannot write the history " + file + ": " + e, e);
    }
  }

  Path file() {
    return file;
  }

  void add(Line line) {
    add(line.json());
  }

  /** A line as a node has said it; what is said after the end counts no more. */
  synchronized void add(String line) {
    if (closed) {
      return;
    }
    try {
      out.write(line);
      out.write('\n');
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Whoever reads the file now finds all that was added. */
  synchronized void flush() {
    if (closed) {
      return;
    }
    try {
      out.flush();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      try {
        out.close();
      } catch (IOException e) {
        throw failed(e);
      }
    }
  }

  private RunFailed failed(IOException e) {
    return new RunFailed("cannot write the history " + file + ": " + e, e);
  }

  /** Shows the lines of a file, one after the other, as long as the reader wants more. */
  static void read(Path file, Predicate<Line> reader) {
    try (BufferedReader in = Files.newBufferedReader(file, UTF_8)) {
      long number = 0;
      for (String text = in.readLine(); text != null; text = in.readLine()) {
        number++;
        Optional<Line> line = Line.parse(text);
        if (line.isEmpty()) {
          throw new RunFailed(
              file + ", line " + number + ", is no line of a history; was it cut or edited?");
        }
        if (!reader.test(line.get())) {
          return;
        }
      }
    } catch (IOException e) {
      throw new RunFailed("cannot read the history " + file + ": " + e, e);
    }
  }
}
