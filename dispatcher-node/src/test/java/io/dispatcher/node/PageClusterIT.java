package io.dispatcher.node;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions;
import com.microsoft.playwright.assertions.LocatorAssertions.HasCountOptions;
import com.microsoft.playwright.assertions.LocatorAssertions.HasTextOptions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.dispatcher.node.http.PageBrowser;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of one of three real nodes, in a real browser, while another and then its own die. */
class PageClusterIT {
  private static final Pattern NODE = Pattern.compile("(node-\\d) +pid (\\d+) +(http://[0-9.:]+)");
  private static final double PATIENCE_MILLIS = 60_000;

  /** Two nodes have slots for all of them. */
  private static final int TASKS = 6;

  @TempDir private Path directory;

  /** One of the nodes. */
  private record Up(String name, ProcessHandle process, String address) {}

  @Test
  void it_shows_three_nodes_then_two_then_that_nobody_answers() throws Exception {
    try (PageBrowser browser = PageBrowser.open();
        NodeRun run = new NodeRun(directory, "--dev", "3", "--http-port=0")) {
      run.awaitAddresses(3);
      List<Up> nodes = nodes(run);
      Up watched = nodes.get(0);
      Up victim = nodes.get(2);
      Page page = browser.page(watched.address() + "/", 1200, 900, ColorScheme.LIGHT);
      Locator up = page.locator("#nodes tbody tr[data-state=up]");
      assertThat(up).hasCount(3, new HasCountOptions().setTimeout(PATIENCE_MILLIS));
      assertThat(page.locator("#t-nodes")).hasText("3");

      Locator onVictim = row(page, victim).locator("td[data-label=Running]");
      submit(watched);
      assertThat(onVictim).not().hasText("0", new HasTextOptions().setTimeout(PATIENCE_MILLIS));
      PageBrowser.keep(page, "three-nodes");

      victim.process().destroyForcibly();
      assertThat(up).hasCount(2, new HasCountOptions().setTimeout(PATIENCE_MILLIS));
      assertThat(row(page, victim)).containsText("left");
      Locator fault =
          page.locator("#faults tbody tr")
              .filter(new Locator.FilterOptions().setHasText(victim.name()));
      assertThat(fault).hasCount(1, new HasCountOptions().setTimeout(PATIENCE_MILLIS));
      assertThat(fault.locator("td[data-label='Last after']"))
          .containsText(
              Pattern.compile("\\d m?s"), new ContainsTextOptions().setTimeout(PATIENCE_MILLIS));
      PageBrowser.keep(page, "two-nodes");
      browser.assertClean();

      watched.process().destroyForcibly();
      assertThat(page.getByRole(AriaRole.ALERT))
          .containsText(
              "The front " + watched.name(), new ContainsTextOptions().setTimeout(PATIENCE_MILLIS));
      assertThat(page.getByRole(AriaRole.ALERT)).containsText("does not answer");
      assertThat(page.locator("#main")).hasClass("old");
      PageBrowser.keep(page, "front-gone");
    }
  }

  private static Locator row(Page page, Up node) {
    return page.locator("#nodes tbody tr[data-node='" + node.name() + "']");
  }

  private static List<Up> nodes(NodeRun run) {
    List<Up> nodes = NODE.matcher(run.stdout()).results().map(PageClusterIT::node).toList();
    assertEquals(3, nodes.size(), run::toString);
    return nodes;
  }

  private static Up node(MatchResult line) {
    ProcessHandle process = ProcessHandle.of(Long.parseLong(line.group(2))).orElseThrow();
    return new Up(line.group(1), process, line.group(3));
  }

  /** Tasks that outlast the test. */
  private static void submit(Up node) throws Exception {
    for (int i = 0; i < TASKS; i++) {
      assertEquals(
          202,
          NodeRun.post(node.address(), "/v1/tasks?type=sleep", "5m").get(60, SECONDS).statusCode());
    }
  }
}
