package io.dispatcher.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A child's end of the conversation with the process that started it. Requests come as lines on
 * stdin, each is answered by one line on stdout; events are lines that nobody asked for. The
 * process ends when stdin ends, so a parent that was killed leaves nothing behind. Thread-safe.
 */
public final class ParentLink {
  /**
   * First characters of the lines a child says; what follows is JSON, except after {@link #EVENT}.
   */
  static final String ANSWER = "= ";

  static final String ERROR = "! ";
  static final String EVENT = "* ";
  static final String READY = ANSWER + "\"ready\"";

  /** Answers one request, split at its spaces. */
  public interface Service {
    /** What it throws is told to the parent. */
    Object answer(List<String> request) throws Exception;
  }

  private final PrintStream out;
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  private ParentLink(PrintStream out) {
    this.out = out;
  }

  /** Takes stdin and stdout over; from now on System.out is stderr. */
  public static ParentLink open() {
    ParentLink link = new ParentLink(System.out);
    System.setOut(System.err);
    Thread reader = new Thread(link::read, "parent");
    reader.setDaemon(true);
    reader.start();
    return link;
  }

  /** Tells the parent something that it did not ask for. */
  public void event(String text) {
    say(EVENT + text);
  }

  /** Says that this node can be used, then answers until the process ends. */
  public void serve(Service service) throws InterruptedException {
    say(READY);
    while (true) {
      String request = requests.take();
      try {
        say(ANSWER + Json.write(service.answer(List.of(request.split(" ")))));
      } catch (Exception e) {
        e.printStackTrace();
        say(ERROR + Json.write(e.toString()));
      }
    }
  }

  private void say(String line) {
    synchronized (out) {
      out.print(line + "\n");
      out.flush();
    }
  }

  private void read() {
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        requests.add(line);
      }
    } catch (IOException e) {
      // As at the end of the stream: nobody is there any more.
    }
    Runtime.getRuntime().halt(0);
  }
}
