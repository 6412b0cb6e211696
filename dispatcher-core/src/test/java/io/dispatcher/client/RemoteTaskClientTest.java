package io.dispatcher.client;

import static io.dispatcher.task.Codec.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.task.AcceptUnknown;
import io.dispatcher.task.Codec;
import io.dispatcher.task.DispatcherClosed;
import io.dispatcher.task.DispatcherException;
import io.dispatcher.task.Outcome;
import io.dispatcher.task.TaskHandle;
import io.dispatcher.task.TaskId;
import io.dispatcher.task.TaskRefused;
import io.dispatcher.task.TaskState;
import io.dispatcher.task.TaskStatus;
import io.dispatcher.task.TaskType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemoteTaskClientTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final TaskType<String, String> SHOUT = TaskType.of("shout", text(), text());
  private static final TaskId ID = TaskId.of("a1");

  private final Scripted client = new Scripted(Duration.ofMillis(200), 10, 1);

  @AfterEach
  void close() {
    client.close();
  }

  // ---------------------------------------------------------------- submit

  @Test
  void the_users_key_goes_along_and_others_get_one_each() throws Exception {
    client.on(call -> accepted());
    client.on(call -> accepted());
    client.on(call -> accepted());

    get(client.submit(SHOUT.task("a").idempotencyKey("mine")).accepted());
    get(client.submit(SHOUT.task("b")).accepted());
    get(client.submit(SHOUT.task("b")).accepted());

    List<String> keys = client.calls.stream().map(RemoteTaskClientTest::key).toList();
    assertEquals("mine", keys.get(0));
    assertEquals(3, keys.stream().distinct().count());
  }

  @Test
  void a_call_without_an_answer_is_repeated_with_the_same_key() throws Exception {
    try (Scripted patient = new Scripted(SOON, 10, 1)) {
      patient.on(call -> failed(new IOException("reset")));
      patient.on(call -> answer(500, "{}"));
      patient.on(call -> answer(502, "<html>a proxy</html>"));
      patient.on(call -> answer(503, "{\"code\":\"closed\",\"detail\":\"draining\"}"));
      patient.on(call -> accepted());

      assertEquals(ID, get(patient.submit(SHOUT.task("a")).accepted()));

      assertEquals(5, patient.calls.size());
      assertEquals(1, patient.calls.stream().map(RemoteTaskClientTest::key).distinct().count());
    }
  }

  @Test
  void when_no_front_ever_answers_it_may_have_been_accepted() {
    client.always(call -> failed(new IOException("reset")));

    AcceptUnknown unknown =
        assertInstanceOf(AcceptUnknown.class, error(client.submit(SHOUT.task("a")).accepted()));

    assertEquals(key(client.calls.get(0)), unknown.idempotencyKey().orElseThrow());
    assertTrue(unknown.getMessage().contains("reset"), unknown.getMessage());
  }

  @Test
  void when_no_front_could_be_reached_it_was_not_accepted() {
    try (Scripted lasting = new Scripted(Duration.ofSeconds(2), 10, 1)) {
      lasting.always(call -> failed(new Unreachable("nobody there", null)));

      TaskRefused refused =
          assertInstanceOf(TaskRefused.class, error(lasting.submit(SHOUT.task("a")).outcome()));

      assertEquals(TaskRefused.Reason.CLOSED, refused.reason());
      assertTrue(refused.getMessage().contains("nobody there"), refused.getMessage());
      assertTrue(lasting.calls.size() > 3, "each of the fronts was tried more than once");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "413, too-large,    TOO_LARGE",
    "422, unknown-type, UNKNOWN_TYPE",
    "422, conflict,     CONFLICT",
    "422, invalid,      INVALID",
    "400, malformed,    INVALID",
    "401, unauthorized, INVALID",
    "429, overloaded,   OVERLOADED",
    "503, no-quorum,    NO_QUORUM",
    "503, closed,       CLOSED",
    "429, '',           OVERLOADED",
    "413, '',           TOO_LARGE",
  })
  void a_refusal_has_its_reason(int status, String code, TaskRefused.Reason reason) {
    String json = "{\"code\":\"" + code + "\",\"detail\":\"because\",\"retryAfter\":7}";
    client.always(call -> answer(status, json));

    TaskRefused refused =
        assertInstanceOf(TaskRefused.class, error(client.submit(SHOUT.task("a")).accepted()));

    assertEquals(reason, refused.reason());
    assertEquals("because", refused.getMessage());
    assertEquals(Optional.of(Duration.ofSeconds(7)), refused.retryAfter());
  }

  @Test
  void an_unknown_acceptance_told_by_a_front_is_one() {
    client.always(call -> answer(503, "{\"code\":\"accept-unknown\",\"detail\":\"perhaps\"}"));
    assertInstanceOf(AcceptUnknown.class, error(client.submit(SHOUT.task("a")).accepted()));
  }

  @Test
  void a_refusal_says_nothing_of_an_earlier_try() {
    client.on(call -> failed(new IOException("reset")));
    client.always(call -> answer(429, "{\"code\":\"overloaded\",\"detail\":\"full\"}"));

    AcceptUnknown unknown =
        assertInstanceOf(AcceptUnknown.class, error(client.submit(SHOUT.task("a")).accepted()));

    assertTrue(unknown.getMessage().contains("full"), unknown.getMessage());
  }

  @Test
  void an_answer_that_makes_no_sense_leaves_it_unknown() {
    client.always(call -> answer(202, "{\"id\":"));
    assertInstanceOf(AcceptUnknown.class, error(client.submit(SHOUT.task("a")).accepted()));
  }

  @Test
  void what_waits_in_the_client_is_bounded() throws Exception {
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    client.always(
        call -> {
          CompletableFuture<Answer> answer = new CompletableFuture<>();
          answers.add(answer);
          return answer;
        });
    List<TaskHandle<String>> handles = new ArrayList<>();
    for (int i = 0; i < 11; i++) {
      handles.add(client.submit(SHOUT.task("a")));
    }
    assertEquals(1, answers.size(), "one call under way, as the bounds say");

    TaskRefused refused = assertInstanceOf(TaskRefused.class, error(handles.get(10).accepted()));
    assertEquals(TaskRefused.Reason.OVERLOADED, refused.reason());

    for (int i = 0; i < 10; i++) {
      answers.get(i).complete(get(accepted()));
      assertEquals(ID, get(handles.get(i).accepted()));
    }
  }

  @Test
  void several_tasks_go_in_one_call_and_are_answered_each() throws Exception {
    client.on(
        call ->
            answer(
                202,
                "{\"tasks\":[{\"id\":\"a1\"},{\"problem\":{\"status\":422,\"code\":\"unknown-type\","
                    + "\"detail\":\"no\"}}]}"));
    client.on(call -> accepted());

    List<TaskHandle<String>> handles =
        client.submitAll(List.of(SHOUT.task("a"), SHOUT.task("b"), SHOUT.task("c")));

    assertEquals(ID, get(handles.get(0).accepted()));
    TaskRefused refused = assertInstanceOf(TaskRefused.class, error(handles.get(1).accepted()));
    assertEquals(TaskRefused.Reason.UNKNOWN_TYPE, refused.reason());
    assertEquals(ID, get(handles.get(2).accepted()));
    assertInstanceOf(Call.Batch.class, client.calls.get(0));
    assertInstanceOf(Call.Submit.class, client.calls.get(1));
  }

  // ---------------------------------------------------------------- outcome

  @Test
  void nobody_is_asked_for_an_outcome_that_nobody_wants() throws Exception {
    client.on(call -> accepted());
    client.on(call -> answer(202, "{}"));
    client.on(call -> result("A".getBytes(UTF_8), 3));

    TaskHandle<String> handle = client.submit(SHOUT.task("a"));
    get(handle.accepted());
    assertEquals(1, client.calls.size());

    Outcome.Succeeded<String> outcome =
        assertInstanceOf(Outcome.Succeeded.class, get(handle.outcome()));
    assertEquals("A", outcome.value());
    assertEquals(3, outcome.attempts());
    assertEquals("A", handle.await(SOON));
    assertEquals(3, client.calls.size());
  }

  @Test
  void a_task_that_failed_is_an_outcome_and_no_error() throws Exception {
    client.on(
        call ->
            answer(
                502,
                "{\"taskId\":\"a1\",\"detail\":\"it failed\",\"failure\":{\"type\":\"X\","
                    + "\"message\":\"disk \\u00e4 full\",\"trace\":\"t\\n\",\"node\":\"n1\","
                    + "\"attempt\":4}}"));

    Outcome.Failed<String> failed =
        assertInstanceOf(Outcome.Failed.class, get(client.attach(ID, SHOUT).outcome()));

    assertEquals("X: disk ä full", failed.failure().summary());
    assertEquals("t\n", failed.failure().trace());
    assertEquals("n1", failed.failure().node());
    assertEquals(4, failed.attempts());
  }

  @ParameterizedTest
  @CsvSource({"409, CANCELLED", "504, EXPIRED"})
  void other_ends_are_outcomes(int status, TaskState state) throws Exception {
    client.on(call -> answer(status, "{\"taskId\":\"a1\"}"));
    assertEquals(state, get(client.attach(ID, SHOUT).outcome()).state());
  }

  @ParameterizedTest
  @CsvSource({"404", "410", "401"})
  void an_outcome_that_is_not_to_be_had_says_why(int status) {
    client.always(
        call -> answer(status, "{\"taskId\":\"a1\",\"detail\":\"its retention is over\"}"));

    DispatcherException error =
        assertInstanceOf(DispatcherException.class, error(client.attach(ID, SHOUT).accepted()));

    assertTrue(error.getMessage().contains("its retention is over"), error.getMessage());
    assertTrue(error.getMessage().contains("a1"), error.getMessage());
  }

  @Test
  void a_result_that_cannot_be_decoded_says_so() {
    client.on(call -> result(new byte[] {(byte) 0xff}, 1));

    Throwable error = error(client.attach(ID, SHOUT).result());

    assertTrue(error.getMessage().contains("cannot be decoded as shout"), error.getMessage());
  }

  @Test
  void a_result_whose_class_is_missing_here_says_so() {
    Codec<String> missing =
        Codec.of(
            value -> value.getBytes(UTF_8),
            bytes -> {
              throw new NoClassDefFoundError("acme/Photo");
            });
    client.on(call -> result(new byte[] {'x'}, 1));

    Throwable error = error(client.attach(ID, TaskType.of("shout", text(), missing)).result());

    assertTrue(error.getMessage().contains("acme/Photo"), error.getMessage());
  }

  // ---------------------------------------------------------------- find, cancel, close

  @Test
  void a_status_has_all_its_parts() throws Exception {
    client.on(
        call ->
            answer(
                200,
                "{\"id\":\"a1\",\"type\":\"shout\",\"state\":\"waiting\",\"waiting\":\"all-full\","
                    + "\"attempt\":2,\"progress\":\"half\",\"stale\":true,\"failure\":{\"type\":\"X\","
                    + "\"message\":\"m\",\"trace\":\"\",\"node\":\"n\",\"attempt\":1},\"links\":{}}"));
    client.on(call -> answer(404, "{}"));
    client.on(call -> answer(410, "{}"));

    TaskStatus status = get(client.find(ID)).orElseThrow();
    assertEquals(TaskState.WAITING, status.state());
    assertEquals("all-full", status.waiting().text());
    assertEquals(2, status.attempt());
    assertEquals("half", status.progress());
    assertEquals("X: m", status.failure().summary());
    assertTrue(status.stale());
    assertEquals(Optional.empty(), get(client.find(ID)));
    assertEquals(TaskState.REMOVED, get(client.find(ID)).orElseThrow().state());
  }

  @Test
  void a_status_that_is_not_to_be_had_says_why() {
    client.always(call -> failed(new IOException("reset")));
    assertTrue(error(client.find(ID)).getMessage().contains("how task a1 stands is not known"));
  }

  @ParameterizedTest
  @CsvSource({
    "202, '{}', true",
    "409, '{\"taskId\":\"a1\",\"state\":\"cancelled\"}', true",
    "409, '{\"taskId\":\"a1\",\"state\":\"succeeded\"}', false",
    "404, '{}', false",
    "410, '{}', false",
  })
  void a_cancel_tells_whether_the_task_ends_so(int status, String json, boolean done)
      throws Exception {
    client.on(call -> accepted());
    client.on(call -> answer(status, json));
    assertEquals(done, get(client.submit(SHOUT.task("a")).cancel()));
  }

  @Test
  void closing_fails_what_somebody_waits_for_and_nothing_else() throws Exception {
    client.on(call -> accepted());
    client.on(call -> accepted());
    client.always(call -> new CompletableFuture<>());
    TaskHandle<String> waiting = client.submit(SHOUT.task("a"));
    TaskHandle<String> accepted = client.submit(SHOUT.task("a"));
    assertEquals(ID, get(accepted.accepted()));
    CompletionStage<String> result = waiting.result();

    client.close();

    assertInstanceOf(DispatcherClosed.class, error(result));
    assertEquals(ID, get(accepted.accepted()));
    assertInstanceOf(DispatcherClosed.class, error(accepted.outcome()));
    assertInstanceOf(DispatcherClosed.class, error(client.submit(SHOUT.task("a")).accepted()));
    assertInstanceOf(DispatcherClosed.class, error(client.attach(ID, SHOUT).accepted()));
    assertInstanceOf(DispatcherClosed.class, error(client.find(ID)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''",
        "{",
        "[]",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":\"\\x\"}",
        "nul",
        "{\"a\":\"\\u00g0\"}",
        "{} x",
        "{\"a\":1e}",
        "{\"a\":\"b"
      })
  void malformed_json_is_refused(String json) {
    assertThrows(IllegalArgumentException.class, () -> JsonObject.of(json.getBytes(UTF_8)));
  }

  @Test
  void json_that_nests_without_end_is_refused() {
    byte[] deep = ("{\"a\":" + "[".repeat(100_000)).getBytes(UTF_8);
    assertThrows(IllegalArgumentException.class, () -> JsonObject.of(deep));
  }

  // ---------------------------------------------------------------- tools

  private static String key(Call call) {
    return call instanceof Call.Submit submit
        ? submit.idempotencyKey()
        : ((Call.Batch) call).idempotencyKey();
  }

  private static CompletableFuture<Answer> accepted() {
    return answer(202, "{\"id\":\"a1\",\"state\":\"waiting\",\"links\":{}}");
  }

  private static CompletableFuture<Answer> answer(int status, String json) {
    return CompletableFuture.completedFuture(new Answer(status, json.getBytes(UTF_8), 0, null));
  }

  private static CompletableFuture<Answer> result(byte[] bytes, int attempts) {
    return CompletableFuture.completedFuture(new Answer(200, bytes, attempts, null));
  }

  private static CompletableFuture<Answer> failed(Exception why) {
    return CompletableFuture.failedFuture(why);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  private static Throwable error(CompletionStage<?> stage) {
    CompletionException thrown =
        assertThrows(
            CompletionException.class,
            () -> stage.toCompletableFuture().orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join());
    return thrown.getCause();
  }

  /** Answers as the test says; the last answer again and again if that is wished. */
  private static final class Scripted extends RemoteTaskClient {
    final List<Call> calls = new ArrayList<>();
    private final Queue<Function<Call, CompletionStage<Answer>>> script = new ArrayDeque<>();
    private Function<Call, CompletionStage<Answer>> always =
        call -> failed(new IOException("not expected: " + call));

    Scripted(Duration patience, int queued, int submits) {
      super(
          new ClientBounds(
              Duration.ofSeconds(5), patience, Duration.ofSeconds(1), submits, 4, queued, 1 << 20),
          null);
    }

    synchronized void on(Function<Call, CompletionStage<Answer>> answer) {
      script.add(answer);
    }

    synchronized void always(Function<Call, CompletionStage<Answer>> answer) {
      always = answer;
    }

    @Override
    protected synchronized CompletionStage<Answer> send(Call call, Duration atMost) {
      calls.add(call);
      Function<Call, CompletionStage<Answer>> next = script.poll();
      return (next == null ? always : next).apply(call);
    }

    @Override
    protected int fronts() {
      return 3;
    }

    @Override
    protected int batch() {
      return 2;
    }

    @Override
    protected long batchBytes() {
      return 1_000;
    }

    @Override
    protected String target() {
      return "the script";
    }

    @Override
    protected void closeLink() {}
  }
}
