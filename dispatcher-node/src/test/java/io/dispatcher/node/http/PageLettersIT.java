package io.dispatcher.node.http;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Dialog;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Dead letters on the page of a door in this JVM, in a real browser. */
class PageLettersIT {
  private static final double LOAD_MILLIS = 15_000;
  private static final int GONE = 410;

  private static PageBrowser browser;

  private final DoorFixture it = new DoorFixture();

  @BeforeAll
  static void open() {
    browser = PageBrowser.open();
  }

  @AfterAll
  static void end() {
    if (browser != null) {
      browser.close();
    }
  }

  @AfterEach
  void close() {
    it.close();
  }

  private Page page() {
    Page page = browser.page("http://127.0.0.1:" + it.port() + "/", 1200, 900, ColorScheme.DARK);
    page.setDefaultTimeout(LOAD_MILLIS);
    assertThat(page.locator("#link-text")).hasText("live");
    return page;
  }

  private String failed(byte[] payload, String options) {
    String path = "/v1/tasks?type=fail&retries=0&wait=10s" + options;
    String id = it.call("POST", path, payload).header("task-id");
    await("the dead letter")
        .atMost(Duration.ofSeconds(10))
        .until(() -> it.get("/v1/dead-letters/" + id).status() == 200);
    return id;
  }

  private String failed(String payload) {
    return failed(payload.getBytes(UTF_8), "");
  }

  private static Locator button(Page page, String name) {
    return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
  }

  private static Locator inspect(Page page, String id) {
    return page.locator("#letters")
        .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Find task " + id));
  }

  @Test
  void one_is_retried_and_deleted() {
    String again = failed("again");
    Page page = page();
    Locator told = page.locator("#letters-told");

    button(page, "Retry task " + again).click();
    assertThat(told).containsText("Retried as task ");
    String retried = told.textContent().replaceAll("Retried as task |\\.$", "");
    PageBrowser.keep(page, "dead-letters");
    Locator delete = button(page, "Delete the dead letter of task " + retried);
    delete.click();
    assertThat(told).hasText("Deleted: 1.");
    assertThat(delete).hasCount(0);
    browser.assertClean();
  }

  @Test
  void one_whose_task_is_gone_is_inspected() {
    String text = failed("a pay\nload".getBytes(UTF_8), "&retention=0");
    String bytes = failed(new byte[] {(byte) 0xff, 0, 1}, "&retention=0");
    for (String id : List.of(text, bytes)) {
      await("the end of the record")
          .atMost(Duration.ofSeconds(20))
          .until(() -> it.get("/v1/tasks/" + id).status() == GONE);
    }
    Page page = page();
    Locator task = page.locator("#task");

    inspect(page, text).click();
    assertThat(task).containsText("failed; what is left of it is a dead letter");
    assertThat(task).containsText("java.lang.IllegalStateException: no a pay");
    assertThat(task).containsText("attempt 1 on here");
    assertThat(task).containsText("10 bytes");
    assertThat(task.getByLabel("Payload")).hasText("a pay\nload");
    assertThat(task.getByLabel("Payload")).isVisible();
    PageBrowser.keep(page, "dead-letter-inspected");

    inspect(page, bytes).click();
    assertThat(task).containsText("3 bytes that are no text");
    assertThat(task.getByLabel("Payload")).hasCount(0);

    it.post("/v1/dead-letters/" + text + "/delete", "");
    page.locator("#id").fill(text);
    button(page, "Find").last().click();
    assertThat(task).containsText("nothing of it is kept");
    assertThat(task).not().containsText("dead letter");
    browser.assertClean();
  }

  @Test
  void those_that_match_the_filter_are_retried_or_deleted() {
    String one = failed("one");
    String two = failed("two");
    String three = failed("three");
    Page page = page();
    Locator told = page.locator("#letters-told");
    assertThat(page.locator("#letters tbody tr")).hasCount(3);

    page.getByLabel("Error has").fill("no one");
    page.locator("#letters-retry").click();
    assertThat(told).hasText("Retried: 1.");
    assertThat(inspect(page, one)).hasCount(0);

    page.getByLabel("Error has").fill("no two");
    page.locator("#letters-delete").click();
    assertThat(told).hasText("Deleted: 1.");
    assertThat(page.locator("#letters tbody tr")).hasCount(0);

    page.getByLabel("Error has").fill("");
    button(page, "Show").click();
    assertThat(page.locator("#letters tbody tr")).hasCount(2);
    assertThat(inspect(page, two)).hasCount(0);
    assertThat(inspect(page, three)).hasCount(1);
    browser.assertClean();
  }

  @Test
  void without_a_filter_it_is_asked_back() {
    failed("one");
    failed("two");
    Page page = page();
    Locator rows = page.locator("#letters tbody tr");
    assertThat(rows).hasCount(2);
    List<String> asked = new ArrayList<>();

    page.onceDialog(
        dialog -> {
          asked.add(dialog.message());
          dialog.dismiss();
        });
    page.locator("#letters-delete").click();
    assertEquals(List.of("Delete every dead letter of the cluster?"), asked);
    assertThat(page.locator("#letters-told")).isEmpty();
    assertEquals(2, it.get("/v1/dead-letters").json().get("total").asInt());

    page.onceDialog(Dialog::accept);
    page.locator("#letters-delete").click();
    assertThat(page.locator("#letters-told")).hasText("Deleted: 2.");
    assertThat(rows).hasCount(0);
    browser.assertClean();
  }

  @Test
  void a_front_that_did_not_answer_is_told_of() {
    failed("one");
    Page page = page();
    assertThat(page.locator("#letters-more")).isEmpty();
    page.route("**/v1/dead-letters**", PageLettersIT::incomplete);

    page.getByLabel("Error has").fill("no one");
    page.locator("#letters-delete").click();

    assertThat(page.locator("#letters-told"))
        .hasText("Deleted: 1. A front did not answer in time: there may be more, say it again.");
    assertThat(page.locator("#letters-more"))
        .hasText("a front did not answer in time: some may be missing");
    browser.assertClean();
  }

  /** The door's own answer, as it is when a front is silent. */
  private static void incomplete(Route route) {
    var answer = route.fetch();
    route.fulfill(
        new Route.FulfillOptions()
            .setResponse(answer)
            .setBody(answer.text().replace("\"complete\":true", "\"complete\":false")));
  }
}
