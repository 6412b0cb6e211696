package io.dispatcher;

import static io.dispatcher.task.Codec.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.LoopbackPorts;
import io.dispatcher.cluster.Role;
import io.dispatcher.task.TaskFailed;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskOptions;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskType;
import io.dispatcher.vertx.ClusterOptions;
import io.dispatcher.vertx.VertxCluster;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a caller can get wrong, and what it is told. More of it beside the classes it concerns. */
class BadInputTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final TaskType<String, String> WORK = TaskType.of("work", text(), text());

  @Test
  void null_is_refused_where_it_comes_in() {
    Dispatcher.Builder builder = Dispatcher.builder();
    assertNamed("handler", () -> builder.handle(WORK, null));
    assertNamed("handler", () -> builder.handleAsync(WORK, null));
    assertNamed("type", () -> builder.handle(null, (words, context) -> words));
    assertNamed("cluster", () -> builder.cluster(null));
    assertNamed("callbacks", () -> builder.callbacks(null));
    assertNamed("listener", () -> builder.listener(null));
    assertNamed("limits", () -> builder.limits(null));
    try (Dispatcher d = builder.start()) {
      assertNamed("task", () -> d.submit(null));
      assertNamed("tasks", () -> d.submitAll(null));
      assertNamed("task", () -> d.submitAll(Arrays.asList(WORK.task("x"), null)));
      assertEquals(0, d.stats().submitted());
      assertNamed("id", () -> d.attach(null, WORK));
      assertNamed("type", () -> d.attach(TaskId.of("x"), null));
      assertNamed("id", () -> d.find(null));
    }
  }

  private static void assertNamed(String what, Executable call) {
    assertEquals(what, assertThrows(NullPointerException.class, call).getMessage());
  }

  @Test
  void an_async_handler_without_a_stage_fails_its_task_and_harms_nobody() {
    try (Dispatcher d =
        Dispatcher.builder()
            .handle(TaskType.of("other", text(), text()), (words, context) -> words)
            .handleAsync(WORK, (words, context) -> null)
            .start()) {
      TaskFailed failed =
          assertThrows(TaskFailed.class, () -> d.submit(WORK.task("x").retries(0)).await(SOON));
      assertTrue(
          failed.getMessage().contains("the async handler of work returned no stage"),
          failed::getMessage);
    }
  }

  @Test
  void an_unknown_address_to_listen_on_is_named() {
    ClusterOptions options = ClusterOptions.named("a").port(0).bind("no-such-host.invalid").build();
    String why =
        assertThrows(RuntimeException.class, () -> VertxCluster.join(options)).getMessage();
    assertTrue(why.contains("no-such-host.invalid") && why.contains("cluster.bind"), why);
  }

  /** The node starts, for the others may come, and says for how many it waits. */
  @Test
  void while_nobody_of_the_member_list_can_be_reached_submits_are_refused_with_the_reason() {
    List<Integer> ports = LoopbackPorts.free(3);
    ClusterOptions options =
        ClusterOptions.named("alone")
            .clusterName("alone-" + ports.get(0))
            .port(ports.get(0))
            .members(
                "127.0.0.1:" + ports.get(0), "127.0.0.1:" + ports.get(1), "no-such-host.invalid")
            .build();
    try (Dispatcher d =
        Dispatcher.builder()
            .declare("work", TaskOptions.NONE)
            .handle(WORK, (words, context) -> words)
            .cluster(VertxCluster.join(options))
            .start()) {
      TaskRefused refused =
          assertThrows(
              TaskRefused.class,
              () -> d.submit(WORK.task("x").admission(Duration.ofMillis(200))).await(SOON));
      assertEquals(TaskRefused.Reason.NO_QUORUM, refused.reason());
      assertTrue(
          refused.getMessage().endsWith("store 1 of 3: waiting for 1 more"), refused::getMessage);
      assertTrue(refused.retryAfter().isPresent());
    }
  }

  /** A front whose member list is wrong finds no store at all. */
  @Test
  void a_front_that_finds_no_store_says_so() {
    int port = LoopbackPorts.one();
    ClusterOptions options =
        ClusterOptions.named("front")
            .clusterName("lost-" + port)
            .roles(Role.FRONT, Role.WORKER)
            .port(0)
            .members("127.0.0.1:" + port)
            .build();
    try (Dispatcher d =
        Dispatcher.builder()
            .declare("work", TaskOptions.NONE)
            .handle(WORK, (words, context) -> words)
            .cluster(VertxCluster.join(options))
            .start()) {
      TaskRefused refused =
          assertThrows(
              TaskRefused.class,
              () -> d.submit(WORK.task("x").admission(Duration.ofMillis(200))).await(SOON));
      assertTrue(
          refused.getMessage().endsWith("store 0 of 1: waiting for 1 more"), refused::getMessage);
    }
  }
}
