package io.dispatcher.node.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.dispatcher.ledger.Archive;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An export of a ledger: a line that names the format and its version, the records as {@link
 * Archive} has them, a length of zero, their number, and the SHA-256 of all before.
 */
final class LedgerFile {
  private static final String FORMAT = "dispatcher-ledger ";
  private static final String VERSION = "1";
  private static final byte[] HEAD = (FORMAT + VERSION + "\n").getBytes(US_ASCII);
  private static final int MAX_HEAD = 64;

  private LedgerFile() {}

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  // ---------------------------------------------------------------- write

  /** Writes beside the file; what was there before stays until {@link #finish}. */
  static final class Writer implements AutoCloseable {
    private final Path file;
    private final Path part;
    private final DigestOutputStream digested;
    private final DataOutputStream out;
    private long records;
    private boolean finished;

    Writer(Path file) throws IOException {
      this.file = file;
      this.part = file.resolveSibling(file.getFileName() + ".part");
      this.digested =
          new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(part)), digest());
      this.out = new DataOutputStream(digested);
      out.write(HEAD);
    }

    /** Adds records that follow each other in these bytes. */
    void add(byte[] bytes, int from) throws IOException {
      DataInputStream in =
          new DataInputStream(new java.io.ByteArrayInputStream(bytes, from, bytes.length - from));
      for (byte[] record = record(in, "the answer"); record != null; ) {
        out.write(record);
        records++;
        record = in.available() == 0 ? null : record(in, "the answer");
      }
    }

    void finish() throws IOException {
      out.writeInt(0);
      out.writeLong(records);
      out.flush();
      byte[] sum = digested.getMessageDigest().digest();
      digested.on(false);
      out.write(sum);
      out.close();
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      finished = true;
    }

    @Override
    public void close() throws IOException {
      if (!finished) {
        out.close();
        Files.deleteIfExists(part);
      }
    }
  }

  // ---------------------------------------------------------------- read

  /** Reads one after the other. What is wrong with the file is told by the message. */
  static final class Reader implements AutoCloseable {
    private final Path file;
    private final DigestInputStream digested;
    private final DataInputStream in;
    private long records;

    Reader(Path file) throws IOException {
      this.file = file;
      InputStream bytes = Files.newInputStream(file);
      this.digested = new DigestInputStream(new BufferedInputStream(bytes, 1 << 16), digest());
      this.in = new DataInputStream(digested);
      try {
        head();
      } catch (IOException | RuntimeException e) {
        in.close();
        throw e;
      }
    }

    private void head() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
        if (line.length() == MAX_HEAD) {
          break;
        }
        line.append((char) next);
      }
      String head = line.toString();
      if (!head.startsWith(FORMAT)) {
        throw new IOException(file + " is no export of a ledger");
      }
      if (!head.equals(FORMAT + VERSION)) {
        throw new IOException(
            file
                + " has format "
                + head.substring(FORMAT.length())
                + ", needed "
                + VERSION
                + "; import it with the version that exported it, or a later one");
      }
    }

    /** The next record with its header; null once the file has ended as it should. */
    byte @Nullable [] next() throws IOException {
      try {
        byte[] record = record(in, file + ", record " + (records + 1));
        if (record != null) {
          records++;
          return record;
        }
        long count = in.readLong();
        byte[] wanted = digested.getMessageDigest().digest();
        digested.on(false);
        byte[] found = in.readNBytes(wanted.length);
        if (found.length < wanted.length) {
          throw new EOFException();
        }
        if (count != records || !Arrays.equals(wanted, found) || in.read() >= 0) {
          throw new IOException(file + " is damaged: its checksum is another one; export again");
        }
        return null;
      } catch (EOFException e) {
        throw new IOException(
            file + " is cut: it ends after " + records + " records; export again", e);
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** A record with its header; null at the length that ends them. */
  private static byte @Nullable [] record(DataInputStream in, String what) throws IOException {
    int length = in.readInt();
    if (length == 0) {
      return null;
    }
    if (length < 0 || length > Archive.MAX_BODY_BYTES) {
      throw new IOException(what + " is damaged: its length is " + length + "; export again");
    }
    int sum = in.readInt();
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException();
    }
    if (Archive.checksum(body) != sum) {
      throw new IOException(what + " is damaged: its checksum is another one; export again");
    }
    java.nio.ByteBuffer record = java.nio.ByteBuffer.allocate(Archive.HEADER_BYTES + length);
    return record.putInt(length).putInt(sum).put(body).array();
  }
}
