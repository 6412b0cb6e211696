package io.dispatcher.ledger;

import io.dispatcher.task.Backoff;
import io.dispatcher.task.TaskLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What tasks of a kind share, as bytes: once per piece, then by its number. */
final class ProfileForm {

  /** Beside the priority. */
  private static final int PRIORITY = 0xf;

  private static final int HAS_REQUIRES = 1 << 4;
  private static final int EXPLAINS = 1 << 5;

  private ProfileForm() {}

  static void write(PieceWriter out, Profile profile) {
    if (out.refer(profile)) {
      return;
    }
    out.shared(profile.type());
    out.number(profile.retries());
    Backoff backoff = profile.backoff();
    out.fixed64(backoff.initial().toNanos());
    out.float64(backoff.factor());
    out.fixed64(backoff.cap().toNanos());
    out.float64(backoff.jitter());
    out.fixed64(profile.timeLimitMillis());
    out.fixed64(profile.deadlineMillis());
    out.fixed64(profile.notBefore());
    List<String> requires = profile.requires();
    out.number(
        profile.priority()
            | (requires.isEmpty() ? 0 : HAS_REQUIRES)
            | (profile.explain() ? EXPLAINS : 0));
    out.fixed64(profile.retentionMillis());
    if (!requires.isEmpty()) {
      out.number(requires.size());
      for (String label : requires) {
        out.shared(label);
      }
    }
  }

  static Profile read(PieceReader in) throws IOException {
    Profile known = in.knownProfile();
    if (known != null) {
      return known;
    }
    String type = in.shared();
    int retries = in.number();
    Backoff backoff = backoff(in);
    long timeLimitMillis = in.fixed64();
    long deadlineMillis = in.fixed64();
    long notBefore = in.fixed64();
    int wanted = in.atMost(PRIORITY | HAS_REQUIRES | EXPLAINS, "what a profile has");
    Profile profile =
        new Profile(
            type,
            retries,
            backoff,
            timeLimitMillis,
            deadlineMillis,
            notBefore,
            wanted & PRIORITY,
            in.fixed64(),
            (wanted & HAS_REQUIRES) == 0 ? List.of() : requires(in),
            (wanted & EXPLAINS) != 0);
    in.remember(profile);
    return profile;
  }

  private static List<String> requires(PieceReader in) throws IOException {
    int count = in.atMost(TaskLimits.MAX_LABELS, "the number of labels");
    List<String> labels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      labels.add(in.shared());
    }
    return labels;
  }

  private static Backoff backoff(PieceReader in) throws IOException {
    Duration initial = Duration.ofNanos(in.fixed64());
    double factor = in.float64();
    Duration cap = Duration.ofNanos(in.fixed64());
    double jitter = in.float64();
    try {
      return new Backoff(initial, factor, cap, jitter);
    } catch (IllegalArgumentException outOfRange) {
      throw new IOException("no backoff: " + outOfRange.getMessage(), outOfRange);
    }
  }
}
