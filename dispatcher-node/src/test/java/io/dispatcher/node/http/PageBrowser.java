package io.dispatcher.node.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A headless Chromium that is on this machine already; nothing is downloaded. Where there is none,
 * or no driver for it, the test is skipped and says why.
 */
public final class PageBrowser implements AutoCloseable {
  private static final String VARIABLE = "DISPATCHER_BROWSER";
  private static final List<String> NAMES =
      List.of(
          "chromium-headless-shell",
          "chromium",
          "chromium-browser",
          "google-chrome-stable",
          "chrome");

  private static final List<String> DRIVERS =
      List.of(
          "/driver/linux/node",
          "/driver/linux-arm64/node",
          "/driver/mac/node",
          "/driver/mac-arm64/node");

  private final Playwright playwright;
  private final Browser browser;
  private final List<String> complaints = new ArrayList<>();
  private final List<String> elsewhere = new ArrayList<>();

  private PageBrowser(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  public static PageBrowser open() {
    Path program =
        program()
            .orElseGet(
                () ->
                    abort(
                        "no browser on this machine: install chromium, or name one in "
                            + VARIABLE));
    if (DRIVERS.stream().noneMatch(name -> PageBrowser.class.getResource(name) != null)) {
      return abort("Playwright's driver (200 MB) is not in this build: run it with -P browser");
    }
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    Playwright playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment));
    try {
      Browser browser =
          playwright
              .chromium()
              .launch(
                  new BrowserType.LaunchOptions()
                      .setExecutablePath(program)
                      // Its sandbox needs rights that a container's root has not.
                      .setArgs(List.of("--no-sandbox")));
      return new PageBrowser(playwright, browser);
    } catch (RuntimeException e) {
      playwright.close();
      throw e;
    }
  }

  private static Optional<Path> program() {
    String named = System.getenv(VARIABLE);
    if (named != null && !named.isBlank()) {
      return Optional.of(Path.of(named));
    }
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Opens an address in a window of its own. */
  public Page page(String address, int width, int height, ColorScheme scheme) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions().setViewportSize(width, height).setColorScheme(scheme));
    Page page = context.newPage();
    page.onConsoleMessage(this::heard);
    page.onPageError(complaints::add);
    String own = URI.create(address).resolve("/").toString();
    page.onRequest(request -> note(request.url(), own));
    page.navigate(address);
    return page;
  }

  private void note(String url, String own) {
    if (!url.startsWith(own)) {
      elsewhere.add(url);
    }
  }

  private void heard(ConsoleMessage message) {
    // That nobody answers, or not with 200, is what some tests are about.
    if (message.type().equals("error") && !message.text().startsWith("Failed to load resource")) {
      complaints.add(message.text());
    }
  }

  /** Nothing was loaded from elsewhere, and neither the scripts nor the policy complained. */
  public void assertClean() {
    assertEquals(List.of(), complaints);
    assertEquals(List.of(), elsewhere);
  }

  /** Keeps a picture below {@code target}, to be looked at. */
  public static void keep(Page page, String name) {
    page.screenshot(
        new Page.ScreenshotOptions()
            .setFullPage(true)
            .setPath(Path.of("target", "page", name + ".png")));
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
