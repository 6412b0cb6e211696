package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists dead letters. */
@Command(
    name = "list",
    description = "Lists them, the newest first.",
    mixinStandardHelpOptions = true)
final class DeadLettersListCommand implements Callable<Integer> {

  @Mixin private Target target = new Target();
  @Mixin private LetterFilter filter = new LetterFilter();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "how many at the most, 1 to 500; default: ${DEFAULT-VALUE}")
  private int limit = 100;

  @Option(
      names = "--cursor",
      paramLabel = "CURSOR",
      description = "goes on where the list that told it ended")
  private @Nullable String cursor;

  @Override
  public Integer call() {
    String after = cursor == null ? "" : "&cursor=" + LetterFilter.encoded(cursor);
    try (Api api = target.api()) {
      JsonNode page = api.get("/v1/dead-letters" + filter.query("limit=" + limit) + after);
      if (target.json()) {
        Target.print(page);
        return 0;
      }
      Views.letters(page).lines().forEach(line -> Screen.line(System.out, line));
      int shown = page.path("letters").size();
      Screen.line(System.out, shown + " of " + page.path("total").asLong());
      if (page.hasNonNull("next")) {
        Screen.line(System.err, "more with --cursor " + page.path("next").asText());
      }
      Views.remark(page).ifPresent(remark -> Screen.line(System.err, remark));
      return 0;
    }
  }
}
