package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoWorkTest {
  @TempDir private Path directory;

  @Test
  void counts_as_wc_does() throws Exception {
    Path file = Files.writeString(directory.resolve("a"), " one  two\n\tthree\n\nend");
    Summary summary = DemoWork.run(new Job(file.toString(), 0, 0));
    assertEquals(3, summary.lines());
    assertEquals(4, summary.words());
    assertEquals(21, summary.bytes());
  }

  @Test
  void checksum_is_sha256_hashed_again() throws Exception {
    Path file = Files.writeString(directory.resolve("a"), "abc");
    String once = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    String twice = "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358";
    assertEquals(once, DemoWork.run(new Job(file.toString(), 0, 0)).sha256());
    assertEquals(twice, DemoWork.run(new Job(file.toString(), 5, 1)).sha256());
  }

  @Test
  void skips_what_git_and_maven_write() throws Exception {
    Path kept = Files.writeString(directory.resolve("kept"), "x");
    for (String skipped : List.of(".git", "target")) {
      Files.writeString(Files.createDirectory(directory.resolve(skipped)).resolve("f"), "x");
    }
    try (RunFiles run = new RunFiles("test")) {
      run.done();
      assertEquals(List.of(kept.toAbsolutePath()), DemoFiles.of(directory, run).files());
    }
  }

  @Test
  void makes_the_same_files_from_its_seed() throws Exception {
    try (RunFiles first = new RunFiles("test");
        RunFiles second = new RunFiles("test")) {
      first.done();
      second.done();
      List<Path> made = DemoFiles.made(first);
      List<Path> again = DemoFiles.made(second);
      assertTrue(made.size() > 10);
      assertEquals(-1, Files.mismatch(made.get(3), again.get(3)));
      assertNotEquals(made.get(3), again.get(3));
    }
  }
}
