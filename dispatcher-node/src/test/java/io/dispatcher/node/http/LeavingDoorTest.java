package io.dispatcher.node.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The paths for a node, or a whole cluster, that ends on purpose. */
class LeavingDoorTest {

  private final DoorFixture it = new DoorFixture();

  @AfterEach
  void close() {
    it.close();
  }

  @Test
  void a_node_is_asked_to_drain_and_says_so() {
    assertEquals(404, it.post("/v1/nodes/nobody/drain", "").status());
    assertEquals("unknown-node", it.post("/v1/nodes/nobody/drain", "").code());
    assertEquals(400, it.post("/v1/nodes/here/drain?stay=perhaps", "").status());
    assertEquals(405, it.get("/v1/nodes/here/drain").status());
    assertEquals(200, it.get("/health/ready").status());

    HttpAnswer asked = it.post("/v1/nodes/here/drain?stay=true", "");

    assertEquals(202, asked.status(), asked::toString);
    await("the drain")
        .atMost(Duration.ofSeconds(20))
        .until(() -> !it.dispatcher.readiness().ready());
    assertEquals(503, it.get("/health/ready").status());
    assertTrue(it.get("/health/ready").text().contains("draining"));
    HttpAnswer refused = it.post("/v1/tasks?type=echo", "x");
    assertEquals(503, refused.status());
    assertTrue(refused.text().contains("draining"), refused::toString);
    await("the view of it")
        .atMost(Duration.ofSeconds(20))
        .until(() -> it.get("/v1/nodes").json().at("/nodes/0/state").asText().equals("drained"));
  }

  @Test
  void the_ledger_comes_out_in_parts_and_goes_in_again() {
    HttpAnswer done = it.post("/v1/tasks?type=echo&wait=20s", "x", "Idempotency-Key: \"a\"");
    assertEquals(200, done.status(), done::toString);

    HttpAnswer page = it.get("/v1/ledger/export");
    assertEquals(200, page.status());
    String text = new String(page.body(), ISO_8859_1);
    int line = text.indexOf('\n');
    assertEquals("{\"tasks\":0,\"outcomes\":1}", text.substring(0, line));
    byte[] records = Arrays.copyOfRange(page.body(), line + 1, page.body().length);
    HttpAnswer brought = it.call("POST", "/v1/ledger/import", records);

    assertEquals(200, brought.status(), brought::toString);
    assertEquals(1, brought.json().get("there").asInt());
    assertEquals(0, brought.json().get("outcomes").asInt());
  }

  @Test
  void what_is_no_export_is_refused() {
    HttpAnswer foreign = it.post("/v1/ledger/import", "something else");

    assertEquals(422, foreign.status(), foreign::toString);
    assertTrue(foreign.text().contains("record 1"), foreign::toString);
    assertFalse(foreign.text().contains("Exception"), foreign::toString);
    assertEquals(400, it.get("/v1/ledger/export?from=nonsense").status());
    assertEquals(400, it.get("/v1/ledger/export?x=1").status());
  }
}
