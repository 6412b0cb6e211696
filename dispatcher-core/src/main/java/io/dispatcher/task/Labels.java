package io.dispatcher.task;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What nodes have and tasks may ask for: {@code gpu}, {@code disk:ssd}. */
public final class Labels {

  private Labels() {}

  /**
   * Returns the label.
   *
   * @param what whose it is, for the message: {@code requires}, {@code node.labels}
   * @throws IllegalArgumentException if it has not 1 to {@value TaskLimits#MAX_LABEL_CHARS}
   *     characters of {@code A-Z a-z 0-9 . _ : / = -}
   */
  public static String checked(String what, String label) {
    requireNonNull(label, what);
    int length = label.length();
    if (length == 0 || length > TaskLimits.MAX_LABEL_CHARS) {
      throw new IllegalArgumentException(
          what
              + " has the label "
              + Text.quote(label)
              + " of "
              + length
              + " characters, but a label has 1 to "
              + TaskLimits.MAX_LABEL_CHARS);
    }
    for (int i = 0; i < length; i++) {
      char c = label.charAt(i);
      if (!Text.isLetterOrDigit(c) && "._:/=-".indexOf(c) < 0) {
        throw new IllegalArgumentException(
            what
                + " has the label "
                + Text.quote(label)
                + ", but a label has only A-Z a-z 0-9 . _ : / = - in it");
      }
    }
    return label;
  }

  /**
   * Returns the labels in their order, each once.
   *
   * @throws IllegalArgumentException if one is not of the form, or they are more than {@value
   *     TaskLimits#MAX_LABELS}
   */
  public static Set<String> of(String what, Collection<String> labels) {
    if (labels.isEmpty()) {
      return Set.of();
    }
    Set<String> ordered = new TreeSet<>();
    for (String label : labels) {
      ordered.add(checked(what, label));
    }
    if (ordered.size() > TaskLimits.MAX_LABELS) {
      throw new IllegalArgumentException(
          what
              + " has "
              + ordered.size()
              + " labels, but at most "
              + TaskLimits.MAX_LABELS
              + " are allowed");
    }
    return Collections.unmodifiableSet(ordered);
  }

  /**
   * Reads labels with commas between them, as every door spells them; the empty text has none.
   *
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Set<String> parse(String what, String text) {
    if (text.isBlank()) {
      return Set.of();
    }
    List<String> labels = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    return of(what, labels);
  }
}
