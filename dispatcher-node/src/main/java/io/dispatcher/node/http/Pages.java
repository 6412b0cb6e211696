package io.dispatcher.node.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The static files: the page with what it loads, and the description of the door. They come from
 * the class path, so their number is bounded. Thread-safe; the first look at a file blocks.
 */
final class Pages {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final Pattern INLINE =
      Pattern.compile("<(script|style)>(.*?)</\\1>", Pattern.DOTALL);

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "json", "application/json",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "woff2", "font/woff2");

  /**
   * A file.
   *
   * @param tag its entity tag, of its content
   * @param policy what the browser may load and run for it
   */
  record Page(byte[] bytes, String contentType, String tag, String policy) {}

  private final Map<String, Page> known = new ConcurrentHashMap<>();

  /** The page at the root, if the node has one. */
  @Nullable Page root() {
    return get("/page/index.html");
  }

  /** A file of the page; null if there is none of that name. */
  @Nullable Page asset(String name) {
    return NAME.matcher(name).matches() ? get("/page/" + name) : null;
  }

  /** The description of the door. */
  Page openapi() {
    Page page = get("/http/openapi.json");
    if (page == null) {
      throw new IllegalStateException("http/openapi.json is missing in the jar");
    }
    return page;
  }

  private @Nullable Page get(String resource) {
    Page page = known.get(resource);
    if (page == null) {
      page = load(resource);
      if (page != null) {
        known.put(resource, page);
      }
    }
    return page;
  }

  private static @Nullable Page load(String resource) {
    String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
    if (type == null) {
      return null;
    }
    try (InputStream in = Pages.class.getResourceAsStream(resource)) {
      if (in == null) {
        return null;
      }
      byte[] bytes = in.readAllBytes();
      String tag = '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(hash(bytes)) + '"';
      return new Page(bytes, type, tag, policy(type, bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + resource + " from the jar", e);
    }
  }

  /** Nothing from elsewhere; of scripts and styles inside the file exactly those. */
  private static String policy(String type, byte[] bytes) {
    StringBuilder scripts = new StringBuilder("script-src 'self'");
    StringBuilder styles = new StringBuilder("style-src 'self'");
    if (type.startsWith("text/html")) {
      Matcher inline = INLINE.matcher(new String(bytes, StandardCharsets.UTF_8));
      while (inline.find()) {
        byte[] hash = hash(inline.group(2).getBytes(StandardCharsets.UTF_8));
        (inline.group(1).equals("script") ? scripts : styles)
            .append(" 'sha256-")
            .append(Base64.getEncoder().encodeToString(hash))
            .append('\'');
      }
    }
    return "default-src 'none'; "
        + scripts
        + "; "
        + styles
        + "; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none';"
        + " form-action 'none'; frame-ancestors 'none'";
  }

  private static byte[] hash(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
