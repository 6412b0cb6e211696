package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frob                     | there is no command 'frob'",
        "task gett                | there is no command 'gett'; did you mean get",
        "bench --nodes 4          | --nodes is 4, it must be 3, 5 or 7",
        "bench --tasks 0          | --tasks is 0, it must be 1 to 100000000",
        "bench --tasks many       | 'many' is not an int",
        "bench --payload 7        | --payload is 7, it must be 8 to 1048576",
        "bench --result 2000000   | --result is 2000000, it must be 9 to 1048576",
        "bench --window 0         | --window is 0, it must be 1 to 400000",
        "bench --rounds 0         | --rounds is 0, it must be 1 to 1000",
        "bench --rate 0           | --rate is 0, it must be 1 to 100000",
        "bench --rate-for 1h      | '1h' is no duration like 500ms, 20s or 2m",
        "bench --submitters 1,99  | --submitters is 99, it must be 1 to 64",
        "bench --heap big         | --heap is 'big', it must be like 512m or 1g",
        "bench --against ignite   | it must be one of hazelcast-executor, hazelcast-durable",
        "bench --balancer best    | --balancer: ",
        "bench --frob             | --frob",
        "demo --for 1s            | --for, in seconds, is 1, it must be 2 to 3600",
        "demo --for               | --for",
        "demo --nodes 2           | --nodes is 2, it must be 3, 5 or 7",
        "demo --against ignite    | it must be one of hazelcast-executor, hazelcast-durable",
        "demo --against hazelcast-durable | the demo knows hazelcast-executor",
        "demo --input /no/folder  | --input is '/no/folder', which is no folder",
        "chaos --nodes 4          | --nodes is 4, it must be 3 or 5",
        "chaos --tasks 0          | --tasks is 0, it must be 1 to 10000000",
        "chaos --kills -1         | --kills is -1, it must be 0 to 100000",
        "chaos --gap 1h           | '1h' is no duration like 500ms, 20s or 2m",
        "chaos check /no/file     | '/no/file' is no file",
        "chaos check              | FILE",
        "version frob             | frob",
        "node --dev 4             | --dev is 4, it must be 1, 2, 3, 5 or 7",
        "node --dev 4 --check     | --dev is 4, it must be 1, 2, 3, 5 or 7",
        "submit a --file /no/file | --file is /no/file, which does not exist",
        "node --dev x             | 'x' is not an int",
        "node --http-port x       | --set http.port: http.port: expected a number from 0 to 65535",
        "node --set frob=1        | --set frob: frob: unknown key; there are balancer, bus,",
        "node --config /no/file   | /no/file: there is no such file",
        "node --roles worker      | node.roles: needs a section cluster",
        "node --check --set handlers.a={command:[no-such-program-x]} | there is no program 'no-such",
        "node --check --set handlers.a.command=convert | expected a list such as [a, b], found",
        "node --check --set balancer=best | balancer: no balancer 'best'; there are: ",
        "node --log-format xml    | logging.format: expected one of text, json, found 'xml'",
      })
  void wrong_usage_is_one_line_and_exit_code_2(String arguments, String message) {
    StringWriter err = new StringWriter();
    String[] args = arguments.split(" ");
    CommandLine main = Main.commandLine(args).setErr(new PrintWriter(err));
    assertEquals(2, main.execute(args));
    assertTrue(err.toString().contains(message), err::toString);
    assertEquals(1, err.toString().lines().count(), err::toString);
  }

  @Test
  void without_a_command_it_says_what_to_do_next() {
    StringWriter out = new StringWriter();
    CommandLine main = Main.commandLine().setOut(new PrintWriter(out));
    assertEquals(0, main.execute());
    for (String next : List.of("demo", "node --dev 3", "submit echo --data hello --wait")) {
      String line = "  java -jar dispatcher-node.jar " + next;
      assertTrue(out.toString().lines().anyMatch(line::equals), out::toString);
    }
  }

  @Test
  void several_faults_of_a_configuration_are_a_line_each() {
    StringWriter err = new StringWriter();
    CommandLine main = Main.commandLine().setErr(new PrintWriter(err));
    assertEquals(2, main.execute("node", "--set=http.port=x", "--set=limits.payload=y"));
    List<String> lines = err.toString().lines().toList();
    assertEquals("dispatcher node: the configuration has faults:", lines.get(0));
    assertTrue(lines.get(1).startsWith("--set http.port: http.port: expected"), err::toString);
    assertTrue(lines.get(2).startsWith("--set limits.payload: limits.payload:"), err::toString);
    assertEquals(4, lines.size(), err::toString);
  }

  @Test
  void a_command_that_is_named_comes_alone_and_what_completes_them_knows_all() {
    Set<String> all = Main.commandLine().getSubcommands().keySet();
    assertTrue(all.containsAll(Set.of("node", "submit", "completion")), all::toString);
    for (String name : all) {
      Set<String> known = Main.commandLine(name, "--help").getSubcommands().keySet();
      assertEquals(name.equals("completion") ? all : Set.of(name), known);
    }
    assertEquals(all, Main.commandLine("frob").getSubcommands().keySet());
  }

  @Test
  void help_is_no_failure() {
    StringWriter out = new StringWriter();
    CommandLine main = Main.commandLine().setOut(new PrintWriter(out));
    assertEquals(0, main.execute("bench", "--help"));
    assertTrue(out.toString().contains("--against"), out::toString);
  }

  @Test
  void the_version_is_told_to_programs_too() {
    StringWriter out = new StringWriter();
    CommandLine main = Main.commandLine().setOut(new PrintWriter(out));
    assertEquals(0, main.execute("version", "--json"));
    VersionCommand.Versions told = Json.read(out.toString().strip(), VersionCommand.Versions.class);
    assertEquals(System.getProperty("java.runtime.version"), told.java());
  }
}
