package io.dispatcher.node.http;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.dispatcher.node.config.HttpConfig;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page of a door in this JVM, in a real browser. */
class PageIT {
  private static final double READABLE = 4.5;
  private static final double LOAD_MILLIS = 15_000;

  private static PageBrowser browser;
  private static DoorFixture it;
  private static String address;
  private static String failed;

  @BeforeAll
  static void open() {
    browser = PageBrowser.open();
    it = new DoorFixture();
    address = "http://127.0.0.1:" + it.port();
    for (int i = 0; i < 20; i++) {
      it.post("/v1/tasks?type=echo&wait=10s", "hello");
    }
    it.post("/v1/tasks?type=held", "one that goes on");
    HttpAnswer answer = it.post("/v1/tasks?type=fail&retries=1&backoff=10ms&wait=10s", "luck");
    failed = answer.json().get("taskId").asText();
  }

  @AfterAll
  static void close() {
    if (it != null) {
      it.close();
    }
    if (browser != null) {
      browser.close();
    }
  }

  private static Page page(int width, int height, ColorScheme scheme) {
    Page page = browser.page(address + "/", width, height, scheme);
    page.setDefaultTimeout(LOAD_MILLIS);
    assertThat(page.locator("#link-text")).hasText("live");
    return page;
  }

  private static Locator cell(Page page, String table, String row, String label) {
    return page.locator("#" + table + " tr[data-" + row + "] td[data-label='" + label + "']");
  }

  @Test
  void figures_are_those_of_the_door() {
    Page page = page(1200, 900, ColorScheme.LIGHT);

    assertThat(page.locator("#nodes tbody tr[data-state=up]")).hasCount(1);
    assertThat(cell(page, "types", "type=echo", "Succeeded")).hasText("20");
    assertThat(cell(page, "types", "type=fail", "Failed")).hasText("1");
    assertThat(cell(page, "types", "type=held", "Running")).hasText("1");
    assertThat(cell(page, "types", "type=echo", "Latency")).hasText(Pattern.compile(" / .* / "));
    assertThat(page.locator("#failures tbody tr")).hasCount(1);
    assertThat(page.locator("#failures")).containsText("IllegalStateException");
    assertThat(page.locator("#failures")).containsText("no luck");
    assertThat(page.locator("#t-running")).containsText("1 of");
    browser.assertClean();
  }

  @Test
  void a_task_is_found_by_its_id_with_keys_alone() {
    Page page = page(1200, 900, ColorScheme.LIGHT);
    Locator id = page.locator("#id");

    page.keyboard().press("Tab");
    assertThat(page.locator(".skip")).isFocused();
    for (int i = 0; i < 20 && !focused(id); i++) {
      page.keyboard().press("Tab");
      assertTrue(
          outlined(page),
          "focus cannot be seen: " + page.evaluate("document.activeElement.outerHTML"));
    }
    assertThat(id).isFocused();
    page.keyboard().type(failed);
    page.keyboard().press("Enter");

    Locator task = page.locator("#task");
    assertThat(task).containsText("failed");
    assertThat(task).containsText("2, started again once");
    assertThat(task).containsText("attempt 2 on here");
    assertTrue(page.url().endsWith("#task=" + failed), page.url());
    assertThat(id).isFocused();
    browser.assertClean();
  }

  private static boolean focused(Locator locator) {
    return (boolean) locator.evaluate("each => each === document.activeElement");
  }

  private static boolean outlined(Page page) {
    return (boolean)
        page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
                + " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; }");
  }

  @Test
  void the_last_failed_task_of_a_group_is_one_click_away_and_an_address() {
    Page page = page(1200, 900, ColorScheme.LIGHT);

    page.locator("#failures")
        .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Find task " + failed))
        .click();
    assertThat(page.locator("#task")).containsText("no luck");

    Page again = browser.page(address + "/#task=" + failed, 1200, 900, ColorScheme.LIGHT);
    assertThat(again.locator("#task")).containsText("no luck");
    Page unknown = browser.page(address + "/#task=bZZZ", 1200, 900, ColorScheme.LIGHT);
    assertThat(unknown.locator("#task")).containsText("bZZZ");
    browser.assertClean();
  }

  @Test
  void a_task_says_what_it_waits_for_and_who_was_looked_at() {
    try (DoorFixture another = new DoorFixture()) {
      String at = "http://127.0.0.1:" + another.port();
      String waiting = another.post("/v1/tasks?type=echo&requires=gpu&explain=true", "a").id();
      String ran = another.post("/v1/tasks?type=echo&explain=true", "a").id();
      Page page = browser.page(at + "/#task=" + waiting, 360, 740, ColorScheme.LIGHT);
      Locator task = page.locator("#task");
      assertThat(task).containsText("waiting (no-label)");
      assertThat(task).containsText("no node with a handler for echo has label gpu");
      assertThat(task).containsText("No node can take it now by least-requests: the lowest");
      assertThat(task).containsText("no label gpu");
      int width = (int) page.evaluate("document.documentElement.scrollWidth");
      assertTrue(width <= 360, "the page is " + width + " wide");
      another.post("/v1/tasks/" + waiting + "/cancel", "");

      Page other = browser.page(at + "/#task=" + ran, 1200, 900, ColorScheme.DARK);
      assertThat(other.locator("#task")).containsText("Went to here by least-requests");
      assertThat(other.locator("#task")).containsText("chosen");
      other.evaluate(
          "TaskFinder.show({id: 'a1', state: 'running', attempt: 1, placement: {node: 'b', balancer:"
              + " 'power-of-two', rule: 'the better of two', omitted: 0, candidates: ["
              + "{node: 'a', load: 3, slots: 8, weight: 8, sessions: 0, latencyMillis: 0, drawn: true},"
              + "{node: 'b', load: 1, slots: 8, weight: 8, sessions: 0, latencyMillis: 0, drawn: true},"
              + "{node: 'c', load: 0, slots: 8, weight: 8, sessions: 0, latencyMillis: 0},"
              + "{node: 'd', load: 9, slots: 8, weight: 8, sessions: 0, latencyMillis: 0,"
              + " excluded: 'full'}]}})");
      assertThat(other.locator("#task td[data-label=Verdict]"))
          .hasText(new String[] {"drawn", "chosen", "not drawn", "full"});
      assertThat(cell(other, "nodes", "node=here", "Labels")).hasText("–");
      assertThat(cell(other, "nodes", "node=here", "Ejected for")).hasText("–");
      browser.assertClean();
      page.close();
      other.close();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ColorScheme.class,
      names = {"LIGHT", "DARK"})
  void everything_is_readable(ColorScheme scheme) {
    Page page = page(1200, 900, scheme);
    page.locator("#failures button").click();
    assertThat(page.locator("#task")).containsText("no luck");

    assertEquals(List.of(), page.evaluate(TOO_PALE, READABLE));
    PageBrowser.keep(page, "one-node-" + scheme.name().toLowerCase(java.util.Locale.ROOT));
  }

  /** Texts whose contrast with what is behind them is too low. */
  private static final String TOO_PALE =
      """
      least => {
        const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
        const light = colour => {
          const [r, g, b] = numbers(colour).map(each => each / 255)
            .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = each => {
          for (let at = each; at; at = at.parentElement) {
            const back = getComputedStyle(at).backgroundColor;
            const parts = numbers(back);
            if (parts.length < 4 || parts[3] > 0) { return back; }
          }
          return "rgb(255, 255, 255)";
        };
        const pale = [];
        for (const each of document.querySelectorAll("body *")) {
          const own = [...each.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
          if (own && each.getClientRects().length > 0 && !each.closest("noscript")) {
            const a = light(getComputedStyle(each).color), b = light(behind(each));
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < least) { pale.push(each.tagName + " " + each.textContent + " " + contrast); }
          }
        }
        return pale;
      }
      """;

  @Test
  void on_a_phone_nothing_is_beside_the_screen_and_tables_stay_tables() {
    Page page = page(360, 740, ColorScheme.DARK);
    assertThat(page.locator("#failures tbody tr")).hasCount(1);

    int width = (int) page.evaluate("document.documentElement.scrollWidth");
    assertTrue(width <= 360, "the page is " + width + " wide");
    for (String name : List.of("Nodes", "Task types", "Failures of the last hour")) {
      Locator table =
          page.getByRole(AriaRole.TABLE, new Page.GetByRoleOptions().setName(name).setExact(true));
      assertThat(table).isVisible();
      assertThat(table.getByRole(AriaRole.ROWHEADER).first()).isVisible();
    }
    PageBrowser.keep(page, "phone");
  }

  @Test
  void a_token_is_asked_for_and_then_used() {
    HttpConfig secret =
        new HttpConfig("127.0.0.1", 0, "a-long-enough-token-0123456789", null, DoorFixture.BOUNDS);
    try (DoorFixture closed = new DoorFixture(secret)) {
      String there = "http://127.0.0.1:" + closed.port();
      Page page = browser.page(there + "/", 1200, 900, ColorScheme.LIGHT);
      Locator token = page.getByLabel("This node asks for its token");
      assertThat(token).isVisible();
      token.fill("not it");
      token.press("Enter");
      assertThat(page.locator("#notice")).containsText("the token is not the node's");
      token.fill("a-long-enough-token-0123456789");
      token.press("Enter");
      assertThat(page.locator("#link-text")).hasText("live");
      assertThat(token).isHidden();
      assertThat(page.locator("#nodes tbody tr[data-state=up]")).hasCount(1);
      page.context().close();
    }
  }

  @Test
  void a_front_that_does_not_answer_is_told_of_and_forgotten_when_it_does() {
    Page page = page(1200, 900, ColorScheme.LIGHT);
    Locator alert = page.getByRole(AriaRole.ALERT);

    page.route("**/v1/stats", com.microsoft.playwright.Route::abort);
    assertThat(alert).containsText("The front here (127.0.0.1:" + it.port() + ") does not answer.");
    assertThat(page.locator("#link-text")).containsText("no answer for");
    assertThat(page.locator("#nodes tbody tr")).hasCount(1);
    PageBrowser.keep(page, "no-answer");

    page.unroute("**/v1/stats");
    assertThat(page.locator("#link-text")).hasText("live");
    assertThat(alert).isEmpty();
  }
}
