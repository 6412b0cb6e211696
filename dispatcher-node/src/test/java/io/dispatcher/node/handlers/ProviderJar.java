package io.dispatcher.node.handlers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import javax.tools.ToolProvider;

/** Makes the JAR of a provider of handlers, whose class is nowhere else. */
public final class ProviderJar {

  private static final String SOURCE =
      """
      import io.dispatcher.task.*;
      public class NAME implements HandlerProvider {
        public void register(Handlers handlers) {
          BODY
        }
      }
      """;

  private ProviderJar() {}

  /** Compiles a provider with this body of {@code register(Handlers handlers)}. */
  public static void make(Path jar, String provider, String body) throws IOException {
    Files.createDirectories(jar.getParent());
    Path classes = Files.createTempDirectory(jar.getParent().getParent(), "classes");
    Path source = classes.resolve(provider + ".java");
    Files.writeString(source, SOURCE.replace("NAME", provider).replace("BODY", body));
    String[] arguments = {
      "-cp", System.getProperty("java.class.path"), "-d", classes.toString(), source.toString()
    };
    if (ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments) != 0) {
      throw new AssertionError("the provider was not compiled");
    }
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("META-INF/services/io.dispatcher.task.HandlerProvider"));
      out.write(("# one\n" + provider).getBytes(UTF_8));
      out.putNextEntry(new ZipEntry(provider + ".class"));
      out.write(Files.readAllBytes(classes.resolve(provider + ".class")));
    }
  }
}
