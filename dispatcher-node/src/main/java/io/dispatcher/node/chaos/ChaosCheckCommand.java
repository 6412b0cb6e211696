package io.dispatcher.node.chaos;

import io.dispatcher.node.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks for broken promises in a history that was kept. */
@Command(
    name = "check",
    description = {
      "Looks for broken promises in the history of an earlier run.",
      "Ends with 0 if every promise held, 1 if one was broken, 3 if too little happened to tell."
    },
    mixinStandardHelpOptions = true)
final class ChaosCheckCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FILE", description = "what chaos --history has written")
  private Path file = Path.of("");

  @Option(names = "--json", description = "one JSON object on stdout and nothing else")
  private boolean json;

  @Override
  public Integer call() {
    if (!Files.isRegularFile(file)) {
      throw new UsageException("'" + file + "' is no file");
    }
    ChaosReport report = new ChaosReport(json ? System.err : System.out);
    Verdict verdict = check(file);
    report.totals(verdict);
    if (json) {
      System.out.println(report.json(verdict));
    }
    return verdict.exitCode();
  }

  static Verdict check(Path file) {
    Checker checker = new Checker();
    History.read(
        file,
        line -> {
          checker.accept(line);
          return true;
        });
    return checker.verdict();
  }
}
