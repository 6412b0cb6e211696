package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stdin, stdout and stderr of one program, as files that have no name any more once it runs: no
 * thread waits on a pipe, a program that does not read or write in step cannot block anybody, a
 * child it leaves behind with an open stdout does not keep the task open, and nothing is left on
 * disk even if this process is killed. Only the owner can read them.
 *
 * <p>Confined to one thread at a time.
 */
final class CommandFiles implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CommandFiles.class);

  /** What is kept of stderr. */
  static final int TAIL = 8 << 10;

  /** Over this stderr is cut to its tail, so that a talkative program fills no disk. */
  static final int MAX_STDERR = 1 << 20;

  private static final int CUT_TRIES = 3;
  private static final long MUCH = 4;

  private final Path in;
  private final Path out;
  private final Path err;
  private final FileChannel outChannel;
  private final FileChannel errChannel;
  private byte[] cutTail = {};

  private CommandFiles(Path in, Path out, Path err) throws IOException {
    this.in = in;
    this.out = out;
    this.err = err;
    outChannel = FileChannel.open(out, StandardOpenOption.READ);
    try {
      errChannel = FileChannel.open(err, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      outChannel.close();
      throw e;
    }
  }

  /** Makes the files and lets the program use them. */
  static CommandFiles make(ProcessBuilder builder, byte[] payload) throws IOException {
    Path in = Files.createTempFile("dispatcher-", ".in");
    Path out = null;
    Path err = null;
    try {
      Files.write(in, payload);
      out = Files.createTempFile("dispatcher-", ".out");
      err = Files.createTempFile("dispatcher-", ".err");
      CommandFiles files = new CommandFiles(in, out, err);
      builder.redirectInput(ProcessBuilder.Redirect.from(in.toFile()));
      // Appending: what is written after a cut goes to the new end.
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()));
      builder.redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()));
      return files;
    } catch (IOException e) {
      delete(in);
      if (out != null) {
        delete(out);
      }
      if (err != null) {
        delete(err);
      }
      throw e;
    }
  }

  /** The program has them open: they need no names any more. */
  void forget() {
    delete(in);
    delete(out);
    delete(err);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // Some systems delete no open file.
      file.toFile().deleteOnExit();
      log.debug("{} is deleted at exit: {}", file, e.toString());
    }
  }

  long outSize() throws IOException {
    return outChannel.size();
  }

  byte[] out() throws IOException {
    return read(outChannel, 0, (int) outChannel.size());
  }

  /** Cuts stderr if it has become long. */
  void cutErr() throws IOException {
    for (int tries = 0; tries < CUT_TRIES; tries++) {
      long size = errChannel.size();
      if (size <= MAX_STDERR) {
        return;
      }
      byte[] tail = read(errChannel, size - TAIL, TAIL);
      // What is written between the two would be lost; it waits for a quieter moment, if it can.
      if (errChannel.size() == size || size > MUCH * MAX_STDERR) {
        errChannel.truncate(0);
        cutTail = tail;
        return;
      }
    }
  }

  /** The end of stderr, of which the last {@link #TAIL} bytes count. */
  String errTail() throws IOException {
    long size = errChannel.size();
    int last = (int) Math.min(size, TAIL);
    byte[] end = read(errChannel, size - last, last);
    int before = Math.min(cutTail.length, TAIL - last);
    ByteBuffer all = ByteBuffer.allocate(before + last);
    all.put(cutTail, cutTail.length - before, before).put(end);
    return new String(all.array(), UTF_8);
  }

  private static byte[] read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, from + buffer.position());
      if (read < 0) {
        throw new IOException("the output became shorter while it was read");
      }
    }
    return buffer.array();
  }

  @Override
  public void close() {
    forget();
    try (outChannel;
        errChannel) {
      log.trace("closing {}", out);
    } catch (IOException e) {
      log.warn("the output of a program was not closed: {}", e.toString());
    }
  }
}
