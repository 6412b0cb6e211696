package io.dispatcher.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One dead letter, or those that match, and what is to be done with them. */
final class LetterChoice {

  @Mixin private Target target = new Target();
  @Mixin private LetterFilter filter = new LetterFilter();

  @Parameters(
      paramLabel = "ID",
      arity = "0..1",
      description = "the failed task's id; else those that match the options")
  private @Nullable String id;

  @Option(names = "--all", description = "all of them")
  private boolean all;

  int act(String verb, String done) {
    if (id == null ? !all && filter.isEmpty() : all || !filter.isEmpty()) {
      throw target.usage(
          "say which: an ID, or --type, --error, --older-than, --younger-than, --all");
    }
    try (Api api = target.api()) {
      return id == null ? many(api, verb, done) : one(api, id, verb, done);
    }
  }

  private int one(Api api, String task, String verb, String done) {
    JsonNode answer = api.post("/v1/dead-letters/" + LetterFilter.encoded(task) + "/" + verb);
    if (target.json()) {
      Target.print(answer);
    } else if (answer.hasNonNull("id")) {
      Screen.line(System.out, done + " as task " + answer.path("id").asText());
    } else {
      Screen.line(System.out, done);
    }
    return 0;
  }

  private int many(Api api, String verb, String done) {
    String path = "/v1/dead-letters/" + verb + filter.query("all=" + all);
    JsonNode answer = api.post(path);
    if (target.json()) {
      Target.print(answer);
    } else {
      long refused = answer.path("refused").asLong();
      long more = answer.path("more").asLong();
      Screen.line(
          System.out,
          answer.path("done").asLong()
              + " "
              + done
              + (refused == 0 ? "" : ", " + refused + " refused for now")
              + (more == 0 ? "" : ", " + more + " more: repeat the command"));
      Views.remark(answer)
          .ifPresent(remark -> Screen.line(System.err, remark + "; repeat the command"));
    }
    if (!answer.path("complete").asBoolean(true)) {
      // What the silent front has of them is neither done nor refused.
      return CommandFailed.NOT_KNOWN;
    }
    return answer.path("refused").asLong() == 0 ? 0 : CommandFailed.REFUSED;
  }
}
