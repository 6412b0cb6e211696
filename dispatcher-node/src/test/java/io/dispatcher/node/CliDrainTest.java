package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said of nodes that drain once the front that was asked, node a, is gone. */
class CliDrainTest {
  private static final String BOTH_UP = view("up", "up");
  private static final String BOTH_DRAIN = view("draining", "draining");
  private static final String OTHER_LEFT = view("draining", "left");

  private final List<String> asked = new CopyOnWriteArrayList<>();

  /** What the front will show; it is gone once it has shown all and has asked a node to leave. */
  private final Deque<String> views = new ArrayDeque<>();

  private String shown = BOTH_UP;
  private final ScriptedFront front = new ScriptedFront(this::answer, this::goneAtTheEnd);

  @AfterEach
  void close() {
    front.close();
  }

  private static String view(String a, String b) {
    return """
        {"seenBy":"a","nodes":[{"name":"a","state":"%s"},{"name":"b","state":"%s"}]}"""
        .formatted(a, b);
  }

  private synchronized String answer(String method, URI uri) {
    if (!method.equals("GET")) {
      asked.add(uri.getPath());
      return "{}";
    }
    if (!views.isEmpty()) {
      shown = views.remove();
    }
    return shown;
  }

  private synchronized void goneAtTheEnd() {
    if (views.isEmpty() && !asked.isEmpty()) {
      CompletableFuture<Void> gone = CompletableFuture.runAsync(front::close);
      gone.exceptionally(none -> null);
    }
  }

  private CliRun drain(List<String> shows, String... arguments) {
    views.addAll(shows);
    List<String> words = new ArrayList<>(List.of("drain"));
    words.addAll(List.of(arguments));
    return front.run(words.toArray(String[]::new));
  }

  @Test
  void whether_others_have_left_is_not_known() {
    CliRun all = drain(List.of(BOTH_UP, BOTH_DRAIN), "--all", "--wait=60s");
    assertEquals(List.of("/v1/nodes/b/drain", "/v1/nodes/a/drain"), asked);
    assertEquals(3, all.code(), all.toString());
    assertEquals("node b drains\nnode a has left\n", all.out());
    assertTrue(all.err().contains("b asked to leave, not known whether done"), all.err());
    assertEquals(1, all.err().lines().count(), all.err());
  }

  @Test
  void the_front_itself_has_left_even_if_it_was_never_seen_to_drain() {
    CliRun self = drain(List.of(), "a", "--wait=60s");
    assertEquals(0, self.code(), self.toString());
    assertEquals("node a has left\n", self.out());
  }

  @Test
  void who_was_seen_to_leave_before_has_left() {
    CliRun all = drain(List.of(BOTH_UP, OTHER_LEFT), "--all", "--wait=60s");
    assertEquals(0, all.code(), all.toString());
    assertEquals("node b has left\nnode a has left\n", all.out());
  }
}
