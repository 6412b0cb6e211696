package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dispatcher.node.config.HandlerConfig;
import io.dispatcher.task.Failure;
import io.dispatcher.task.HandlerOptions;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TestTaskContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real processes. */
class CommandHandlerTest {

  @TempDir Path directory;

  /** As if this variable were a token of the node. */
  private static final String SECRET = Objects.requireNonNullElse(System.getenv("HOME"), "none");

  private final Commands commands = new Commands();
  private final List<ProcessHandle> seen = new ArrayList<>();

  @AfterEach
  void end() {
    commands.close();
    seen.forEach(ProcessHandle::destroyForcibly);
  }

  private CompletableFuture<byte[]> start(TaskContext context, byte[] payload, String... argv)
      throws Exception {
    HandlerConfig.Command config =
        new HandlerConfig.Command(
            List.of(argv), directory, Map.of("OWN", "yes"), HandlerOptions.DEFAULT);
    return new CommandHandler(commands, config, Set.of(SECRET))
        .handle(payload, context)
        .toCompletableFuture();
  }

  private CompletableFuture<byte[]> sh(String script) throws Exception {
    return start(TaskContext.forTest(), new byte[0], "sh", "-c", script);
  }

  private static String text(CompletableFuture<byte[]> result) throws Exception {
    return new String(result.get(20, SECONDS), UTF_8);
  }

  private static <T extends Throwable> T error(Class<T> type, CompletableFuture<byte[]> result) {
    ExecutionException error =
        assertThrows(ExecutionException.class, () -> result.get(20, SECONDS));
    return assertInstanceOf(type, error.getCause());
  }

  /** The processes whose ids a script wrote to a file, one a line. */
  private List<ProcessHandle> awaitPids(int count) {
    Path pids = directory.resolve("pids");
    await("ids of " + count + " processes")
        .atMost(Duration.ofSeconds(20))
        .until(() -> Files.exists(pids) && Files.readAllLines(pids).size() == count);
    try {
      for (String pid : Files.readAllLines(pids)) {
        ProcessHandle.of(Long.parseLong(pid)).ifPresent(seen::add);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return seen;
  }

  private void awaitDead() {
    await("end of all processes")
        .atMost(Duration.ofSeconds(20))
        .until(() -> seen.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void the_payload_is_its_stdin_and_stdout_is_the_result() throws Exception {
    byte[] payload = new byte[1 << 20];
    new Random(1).nextBytes(payload);
    assertArrayEquals(payload, start(TaskContext.forTest(), payload, "cat").get(20, SECONDS));
    assertEquals("", text(start(TaskContext.forTest(), new byte[0], "cat")));
    assertEquals(
        "ABC", text(start(TaskContext.forTest(), "abc".getBytes(UTF_8), "tr", "a-z", "A-Z")));
  }

  @Test
  void arguments_are_not_for_a_shell() throws Exception {
    assertEquals(
        "$HOME `id` ; *\n",
        text(start(TaskContext.forTest(), new byte[0], "echo", "$HOME `id` ; *")));
  }

  @Test
  void a_program_that_does_not_read_or_writes_first_is_no_trouble() throws Exception {
    assertEquals("", text(start(TaskContext.forTest(), new byte[1 << 20], "true")));
    assertEquals(
        1_000_000,
        start(
                TaskContext.forTest(),
                new byte[1 << 20],
                "sh",
                "-c",
                "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; cat > /dev/null")
            .get(20, SECONDS)
            .length);
  }

  @Test
  void it_knows_its_task_and_nothing_of_the_node() throws Exception {
    TestTaskContext context = TaskContext.forTest().id(TaskId.of("Task1")).type("up").attempt(3);
    String environment = text(start(context, new byte[0], "env"));
    assertEquals(
        List.of("DISPATCHER_TASK_ATTEMPT=3", "DISPATCHER_TASK_ID=Task1", "DISPATCHER_TASK_TYPE=up"),
        environment.lines().filter(line -> line.startsWith("DISPATCHER_")).sorted().toList());
    assertTrue(environment.lines().noneMatch(line -> line.endsWith("=" + SECRET)), environment);
    assertTrue(environment.contains("OWN=yes"));
    assertEquals(directory.toRealPath() + "\n", text(sh("pwd -P")));
  }

  @Test
  void an_exit_code_is_a_failure_with_the_end_of_stderr() throws Exception {
    CommandFailed error =
        error(CommandFailed.class, sh("echo out; echo first >&2; echo 'last word' >&2; exit 3"));
    assertEquals("sh ended with exit code 3: last word", error.getMessage());
    Failure failure = Failure.of(error, "a", 2);
    assertEquals("first\nlast word\n", failure.trace());
    assertEquals("sh ended with exit code 3: last word", failure.message());
  }

  @Test
  void a_signal_is_named() throws Exception {
    assertEquals(
        "sh ended with exit code 137 (signal 9)",
        error(CommandFailed.class, sh("kill -9 $$")).getMessage());
  }

  @Test
  void of_a_long_stderr_the_end_is_kept() throws Exception {
    CommandFailed error =
        error(
            CommandFailed.class,
            sh(
                "i=0; while [ $i -lt 40000 ]; do echo \"line $i of a long story ü\" >&2;"
                    + " i=$((i+1)); done; exit 1"));
    String trace = Failure.of(error, "a", 1).trace();
    assertTrue(trace.endsWith("line 39999 of a long story ü\n"), trace);
    int bytes = trace.getBytes(UTF_8).length;
    assertTrue(bytes > 7 << 10 && bytes <= 8 << 10, () -> bytes + " bytes");
  }

  @Test
  void a_talkative_program_fills_no_disk() throws Exception {
    CompletableFuture<byte[]> result =
        sh("echo $$ > pids; while :; do head -c 300000 /dev/zero >&2; sleep 0.05; done");
    Path stderr = Path.of("/proc/" + awaitPids(1).get(0).pid() + "/fd/2");
    assumeTrue(Files.exists(stderr));
    await("stderr was cut")
        .atMost(Duration.ofSeconds(20))
        .until(() -> Files.size(stderr) > CommandFiles.MAX_STDERR / 2);
    await("stderr was cut")
        .atMost(Duration.ofSeconds(20))
        .until(() -> Files.size(stderr) < CommandFiles.MAX_STDERR / 2);
    assertFalse(result.isDone());
  }

  @Test
  void too_long_a_result_ends_the_program_and_is_not_tried_again() throws Exception {
    CompletableFuture<byte[]> result = sh("echo $$ > pids; exec yes");
    awaitPids(1);
    TaskRefused error = error(TaskRefused.class, result);
    assertEquals(TaskRefused.Reason.TOO_LARGE, error.reason());
    assertTrue(error.getMessage().contains("1048576"), error.getMessage());
    awaitDead();
    TaskRefused quick = error(TaskRefused.class, sh("head -c 1048577 /dev/zero"));
    assertEquals(TaskRefused.Reason.TOO_LARGE, quick.reason());
    assertEquals(1_048_576, sh("head -c 1048576 /dev/zero").get(20, SECONDS).length);
  }

  @Test
  void a_child_left_behind_with_an_open_stdout_does_not_keep_the_task() throws Exception {
    assertEquals("done\n", text(sh("sleep 300 & echo $! > pids; echo done")));
    assertTrue(awaitPids(1).get(0).isAlive());
  }

  @Test
  void cancel_ends_it_and_its_descendants() throws Exception {
    TestTaskContext context = TaskContext.forTest();
    CompletableFuture<byte[]> result =
        start(
            context,
            new byte[0],
            "sh",
            "-c",
            "echo $$ >> pids; sh -c 'echo $$ >> pids; sleep 300 & echo $! >> pids; wait'; true");
    awaitPids(3);
    context.cancel();
    assertEquals("sh was stopped", error(CommandFailed.class, result).getMessage());
    awaitDead();
  }

  @Test
  void cancel_ends_what_does_not_want_to_end() throws Exception {
    TestTaskContext context = TaskContext.forTest();
    CompletableFuture<byte[]> result =
        start(
            context,
            new byte[0],
            "sh",
            "-c",
            "trap '' TERM; echo $$ >> pids; sleep 300 & echo $! >> pids; wait");
    awaitPids(2);
    context.cancel();
    error(CommandFailed.class, result);
    awaitDead();
  }

  @Test
  void a_child_that_does_not_want_to_end_ends_although_its_parent_is_gone() throws Exception {
    TestTaskContext context = TaskContext.forTest();
    CompletableFuture<byte[]> result =
        start(
            context,
            new byte[0],
            "sh",
            "-c",
            "sh -c \"trap '' TERM; echo \\$\\$ >> pids; sleep 300 & echo \\$! >> pids; wait\" &"
                + " wait");
    awaitPids(2);
    context.cancel();
    error(CommandFailed.class, result);
    awaitDead();
  }

  @Test
  void one_cancelled_before_its_start_ends_too() throws Exception {
    error(CommandFailed.class, start(TaskContext.forTest().cancel(), new byte[0], "sleep", "300"));
  }

  @Test
  void the_end_of_the_node_ends_all() throws Exception {
    CompletableFuture<byte[]> result =
        sh("trap '' TERM; echo $$ >> pids; sleep 300 & " + "echo $! >> pids; wait");
    awaitPids(2);
    commands.close();
    awaitDead();
    error(CommandFailed.class, result);
  }

  @Test
  void its_files_have_no_name_while_it_runs() throws Exception {
    sh("echo $$ > pids; exec sleep 300");
    Path files = Path.of("/proc/" + awaitPids(1).get(0).pid() + "/fd");
    assumeTrue(Files.isDirectory(files));
    for (String each : List.of("0", "1", "2")) {
      String target = Files.readSymbolicLink(files.resolve(each)).toString();
      assertTrue(target.endsWith(" (deleted)"), target);
    }
  }

  @Test
  void a_program_that_cannot_be_started_fails_the_attempt() {
    CommandFailed error =
        assertThrows(
            CommandFailed.class,
            () -> start(TaskContext.forTest(), new byte[0], "/no/such/program"));
    assertTrue(
        error.getMessage().startsWith("/no/such/program could not be started: "),
        error.getMessage());
  }

  @Test
  void hundreds_at_once_need_no_thread_each() throws Exception {
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      results.add(sh("while [ ! -e gate ]; do sleep 0.1; done; echo went"));
    }
    assertTrue(ownThreads() <= 2, () -> ownThreads() + " threads");
    Files.createFile(directory.resolve("gate"));
    for (CompletableFuture<byte[]> each : results) {
      assertEquals("went\n", text(each));
    }
  }

  private static int ownThreads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("dispatcher-command"))
            .count();
  }
}
