package io.dispatcher.node.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Archive;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.ValueId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerFileTest {

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("tasks");
  }

  private static byte[] record(int number) throws IOException {
    return Archive.record(
        new ValueId(new BlockId(1, 2, number), 0, 3, 0, 0), new byte[number * 100]);
  }

  private byte[] written() throws IOException {
    try (LedgerFile.Writer writer = new LedgerFile.Writer(file)) {
      writer.add(record(1), 0);
      byte[] two = new byte[record(2).length + record(3).length + 5];
      System.arraycopy(record(2), 0, two, 5, record(2).length);
      System.arraycopy(record(3), 0, two, 5 + record(2).length, record(3).length);
      writer.add(two, 5);
      assertFalse(Files.exists(file), "it is there before it is complete");
      writer.finish();
    }
    return Files.readAllBytes(file);
  }

  private static List<byte[]> read(Path from) throws IOException {
    List<byte[]> records = new ArrayList<>();
    try (LedgerFile.Reader reader = new LedgerFile.Reader(from)) {
      for (byte[] next = reader.next(); next != null; next = reader.next()) {
        records.add(next);
      }
    }
    return records;
  }

  private String fault(byte[] bytes) throws IOException {
    Path bad = Files.write(directory.resolve("bad"), bytes);
    return assertThrows(IOException.class, () -> read(bad)).getMessage();
  }

  @Test
  void records_come_back_as_they_went() throws IOException {
    written();

    List<byte[]> records = read(file);

    assertEquals(3, records.size());
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(record(i + 1), records.get(i));
    }
  }

  @Test
  void one_that_is_not_finished_leaves_nothing() throws IOException {
    try (LedgerFile.Writer writer = new LedgerFile.Writer(file)) {
      writer.add(record(1), 0);
    }

    try (var left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void wherever_it_is_cut_it_is_refused() throws IOException {
    byte[] whole = written();
    for (int length = 0; length < whole.length; length++) {
      String fault = fault(Arrays.copyOf(whole, length));
      assertTrue(
          fault.contains("cut") || fault.contains("no export") || fault.contains("format"), fault);
    }
  }

  @Test
  void whatever_byte_is_another_one_it_is_refused() throws IOException {
    byte[] whole = written();
    for (int at = 0; at < whole.length; at++) {
      byte[] bad = whole.clone();
      bad[at] ^= 0x10;
      String fault = fault(bad);
      assertTrue(fault.contains("bad"), fault);
    }
    assertTrue(fault(Arrays.copyOf(whole, whole.length + 1)).contains("damaged"));
  }

  @Test
  void another_format_is_named() throws IOException {
    String fault = fault("dispatcher-ledger 7\n".getBytes(US_ASCII));
    assertTrue(fault.contains("format 7, needed 1"), fault);
    assertTrue(fault("a letter\n".getBytes(US_ASCII)).endsWith("is no export of a ledger"));
  }
}
